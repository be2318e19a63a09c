"""The clock of a trace: whatever it does, packets that it does not move keep their distances."""

import io
from itertools import pairwise

import pytest

from kbview.packet.capture import open_capture
from kbview.packet.clock import MOST_OUT_OF_ORDER
from kbview.packet.frame import Frame
from kbview.packet.writer import PcapWriter
from tests.packet.test_capture import PACKETS
from tests.packet.test_pcapng import interface, section
from tests.packet.test_pcapng import packet as block_of

MS_PS = 1_000_000_000
BEGIN_PS = 1_700_000_000 * 1000 * MS_PS
DAY_MS = 86_400_000


def read(data: bytes) -> tuple[list[Frame], str]:
    with open_capture("-", io.BytesIO(data)) as capture:
        return [frame for batch in capture.frames() for frame in batch], capture.note


def capture(stamps_ms: list[float], link_type: int = 1) -> bytes:
    stream = io.BytesIO()
    writer = PcapWriter(stream, link_type)
    for stamp in stamps_ms:
        data = PACKETS[1] if link_type == 1 else PACKETS[1][14:]
        writer.write(BEGIN_PS + round(stamp * MS_PS), data)
    return stream.getvalue()


def distances_ms(frames: list[Frame]) -> list[float]:
    return [(after.arrived_ps - before.arrived_ps) / MS_PS for before, after in pairwise(frames)]


# By the short cut for Ethernet, and with care for the others.
BOTH = pytest.mark.parametrize("link_type", [1, 101])


@BOTH
@pytest.mark.parametrize("back_ms", [150, 1000, 60_000, 86_000_000, 3 * DAY_MS])
def test_after_a_step_back_packets_keep_their_distances(link_type: int, back_ms: int) -> None:
    stamps = [float(n) if n < 10 else float(n - back_ms) for n in range(20)]
    frames, note = read(capture(stamps, link_type))
    assert distances_ms(frames) == [*[1] * 9, 0, *[1] * 9]
    assert ("set back 1 time" in note) == (back_ms < DAY_MS)


@BOTH
@pytest.mark.parametrize("wild", [0, 7, 19])
@pytest.mark.parametrize("by_ms", [60_000, -60_000, 40 * DAY_MS, -40 * DAY_MS])
def test_one_wild_stamp_moves_no_other_packet(link_type: int, wild: int, by_ms: int) -> None:
    stamps = [float(n + by_ms * (n == wild)) for n in range(20)]
    frames, note = read(capture(stamps, link_type))
    others = [d for n, d in enumerate(distances_ms(frames)) if wild not in (n, n + 1)]
    assert others == [1] * len(others)
    assert distances_ms(frames).count(0) <= 2
    assert ("closed" in note) or ("set back" in note) or (wild in (0, 19) and note == "")


def test_the_note_says_how_many_steps_and_how_far() -> None:
    stamps = [0.0, 1.0, -2000.0, -1999.0, -5000.0, -4999.0]
    _, note = read(capture(stamps))
    assert note == (
        "the clock was set back 2 times, by 5.002 s in all; the packets after it keep their distances"
    )


@BOTH
def test_stragglers_move_nobody(link_type: int) -> None:
    """Merged captures: a late batch of an interface has the time before it, and the rest its own."""
    frames, note = read(capture([0, 5, 2.1, 2.2, 5.1, 2.3, 5.2, 6], link_type))
    assert [round(frame.arrived_ps / MS_PS, 3) for frame in frames] == [0, 5, 5, 5, 5.1, 5.1, 5.2, 6]
    assert note == "3 packets out of order, given the time before them"


@BOTH
def test_a_small_step_back_crowds_no_more_packets_than_a_ring_holds(link_type: int) -> None:
    """A clock set back by 50 ms under a packet every 10 us: 5,000 packets are earlier than one."""
    stamps = [n / 100 - (50 if n >= 1000 else 0) + 100 for n in range(8000)]
    frames, note = read(capture(stamps, link_type))
    apart = distances_ms(frames)
    assert apart.count(0) == MOST_OUT_OF_ORDER + 1
    assert sum(round(distance, 6) == 0.01 for distance in apart) == len(apart) - apart.count(0)
    assert "64 packets out of order" in note
    assert "set back 1 time" in note


def test_pcapng_keeps_distances_too() -> None:
    frames, note = read(section() + interface() + block_of(4) + block_of(1) + block_of(2))
    assert distances_ms(frames) == [0, 0]
    assert note == "2 packets out of order, given the time before them"
