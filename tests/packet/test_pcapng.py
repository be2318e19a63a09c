"""pcapng's structure is read as the draft has it; damage costs only what follows it."""

import io
import struct

import pytest

from kbview.packet.capture import CaptureError, open_capture
from kbview.packet.frame import Frame
from tests.packet.test_capture import PACKETS, block

SECTION, INTERFACE, SIMPLE, ENHANCED = 0x0A0D0D0A, 1, 3, 6


def section(order: str = "<") -> bytes:
    return block(order, SECTION, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(link_type: int = 1, options: bytes = b"", snap: int = 0, order: str = "<") -> bytes:
    return block(order, INTERFACE, struct.pack(order + "HHI", link_type, 0, snap) + options)


def packet(
    number: int, index: int = 0, options: bytes = b"", tail: bytes = b"", order: str = "<"
) -> bytes:
    """Packet `number`, at that many milliseconds."""
    data = PACKETS[number] + tail
    head = struct.pack(order + "IIIII", index, 0, number * 1000, len(data), len(data))
    return block(order, ENHANCED, head + data + bytes(-len(data) % 4) + options)


def read(*blocks: bytes) -> tuple[list[Frame], str]:
    with open_capture("-", io.BytesIO(b"".join(blocks))) as capture:
        return [frame for batch in capture.frames() for frame in batch], capture.note


ALL = [packet(number) for number in range(5)]
NANOSECONDS, END = option(9, b"\x09"), option(0, b"")


def times_ms(frames: list[Frame]) -> list[float]:
    return [frame.arrived_ps / 1e9 for frame in frames]


@pytest.mark.parametrize(
    "options",
    [
        END + NANOSECONDS,  # after the end
        option(14, b"\1\2\3"),  # short if_tsoffset
        option(14, bytes(12)),  # long
        option(9, b""),  # empty if_tsresol
        option(9, b"\x09\x09"),  # long
        option(13, b""),
        option(14, struct.pack("<q", -1_700_000_000)),
        option(14, struct.pack("<q", -(1 << 63))),
        option(2, b"eth0") + struct.pack("<HH", 9, 4000),  # goes past its block
    ],
)
def test_options_of_a_wrong_length_or_after_the_end_are_passed_over(options: bytes) -> None:
    frames, note = read(section(), interface(options=options), *ALL)
    assert times_ms(frames) == [0, 1, 2, 3, 4]
    assert [frame.payload for frame in frames] == [0, 1, 2, 3, 4]
    assert note == ""


@pytest.mark.parametrize("known_first", [True, False])
def test_packets_of_an_interface_that_cannot_be_read_are_left_out_and_counted(
    known_first: bool,
) -> None:
    links = (1, 189) if known_first else (189, 1)
    index = links.index(1)
    packets = [packet(number, index if number % 2 else 1 - index) for number in range(5)]
    frames, note = read(section(), *(interface(link) for link in links), *packets)
    assert [frame.payload for frame in frames] == [1, 3]
    assert note.startswith("3 packets left out: link type 189 (USB_LINUX) carries")


def test_a_known_interface_may_come_after_the_packets_of_an_unknown_one() -> None:
    frames, note = read(section(), interface(147), *ALL, interface(1), packet(3, 1))
    assert [frame.payload for frame in frames] == [3]
    assert note.startswith("5 packets left out: link type 147")


def test_a_capture_of_unknown_link_types_alone_is_refused() -> None:
    with pytest.raises(CaptureError, match="link type 147"):
        read(section(), interface(147), *ALL)
    with pytest.raises(CaptureError, match="link type 189"):
        read(section(), interface(189), packet(0), section(), interface(147), packet(1))


@pytest.mark.parametrize(
    ("on_interface", "flags", "fcs"),
    [(b"\4", 0, 4), (b"\x20", 0, 4), (b"\0", 4 << 5, 4), (b"\4", 2 << 5, 2), (b"\2", 4 << 5, 4)],
    ids=["bytes", "bits", "packet", "packet before interface", "longer"],
)
def test_the_fcs_is_no_part_of_the_frame(on_interface: bytes, flags: int, fcs: int) -> None:
    """if_fcslen, and bits 5 to 8 of epb_flags, which hold for their packet alone."""
    import zlib

    tails = [zlib.crc32(data).to_bytes(4, "little")[:fcs] for data in PACKETS]
    packets = [
        packet(number, options=option(2, struct.pack("<I", flags)) + END, tail=tail)
        for number, tail in enumerate(tails)
    ]
    frames, _ = read(section(), interface(options=option(13, on_interface)), *packets)
    plain, _ = read(section(), interface(), *ALL)
    assert [(f.length, f.fault) for f in frames] == [(f.length, f.fault) for f in plain]


def test_sections_of_either_byte_order_have_interfaces_of_their_own() -> None:
    blocks = [section("<"), interface(1), packet(0), section(">"), interface(101, order=">")]
    raw = PACKETS[1][14:]
    head = struct.pack(">IIIII", 0, 0, 1000, len(raw), len(raw))
    frames, note = read(
        *blocks, block(">", ENHANCED, head + raw), section("<"), interface(1), packet(2)
    )
    assert [frame.payload for frame in frames] == [0, 1, 2]
    assert (times_ms(frames), note) == ([0, 1, 2], "")


def test_simple_packets_are_cut_at_the_snap_length_of_their_interface() -> None:
    data = PACKETS[4] + bytes(2)
    simple = block("<", SIMPLE, struct.pack("<I", len(data)) + data[:20])
    frames, note = read(section(), interface(snap=20), simple, simple)
    assert [(frame.length, frame.fault) for frame in frames] == [(64, "")] * 2
    assert note == ""


def test_a_packet_without_bytes_is_a_packet() -> None:
    empty = block("<", ENHANCED, struct.pack("<IIIII", 0, 0, 5000, 0, 1500))
    frames, note = read(section(), interface(), ALL[0], empty, packet(4))
    assert [(frame.length, frame.fault) for frame in frames[1:2]] == [(1504, "")]
    assert (len(frames), note) == (3, "1 packet out of order, given the time before them")


@pytest.mark.parametrize(
    ("damaged", "words"),
    [
        (packet(2, index=7), "damaged at packet 2: it names interface 7, which is not described"),
        (block("<", ENHANCED, b"\0" * 8), "damaged at packet 2: a block of 8 bytes where 20"),
        (block("<", INTERFACE, b"\1\0"), "damaged at packet 2: a block of 4 bytes where 8 are needed"),
        (block("<", ENHANCED, struct.pack("<IIIII", 0, 0, 0, 999, 999) + bytes(8)),
         "damaged at packet 2: it claims 999 bytes"),
        (struct.pack("<III", 6, 7, 0), "damaged at packet 2: a block claims 7 bytes"),
        (struct.pack("<III", 6, 0xFFFFFFF0, 0), "damaged at packet 2: a block claims 4,294,967,280"),
        (struct.pack("<IIII", SECTION, 28, 0, 0) + bytes(12), "damaged at packet 2: a section without"),
        (packet(2)[:-9], "cut in packet 2"),
    ],
)  # fmt: skip
def test_damage_is_said_in_one_line_and_what_stands_before_is_there(damaged: bytes, words: str) -> None:
    frames, note = read(section(), interface(), *ALL[:2], damaged)
    assert [frame.payload for frame in frames] == [0, 1]
    assert note.startswith(words)
    assert note.endswith("replayed up to there")
    assert "\n" not in note


def test_packets_before_any_interface_are_damage() -> None:
    frames, note = read(section(), ALL[0])
    assert (frames, note) == (
        [],
        "damaged at packet 0: it names interface 0, which is not described; replayed up to there",
    )
