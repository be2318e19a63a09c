"""The bytes on the tape are those of the packet that they stand beside."""

import pytest

from kbview.packet.capture import open_capture
from kbview.packet.layout import layout
from kbview.sources.emulated.kept_bytes import CaptureSnap
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.tape.detail import Detail
from kbview.tape.events import FrameArrived, FrameRecorded, FrameSent
from kbview.tape.tape import Tape

RECORDINGS = ("http.pcap", "bulk.pcap", "mixed.pcap", "udp-bursts.pcap")
SNAP = 96


def told(word: str, snap: int, detail: Detail = Detail.MILESTONES, until_ps: int = 10**10) -> Tape:
    source = resolve(recording(word) or word, Choice(snap=snap, longest_gap_ps=30 * 10**6, loop=True))
    source.set_detail(detail)
    tape = Tape()
    source.pump(tape, until_ps)
    source.close()
    return tape


@pytest.mark.parametrize("word", RECORDINGS)
def test_every_arrival_has_the_bytes_of_its_packet_round_after_round(word: str) -> None:
    path = recording(word)
    assert path is not None
    with open_capture(path) as capture:
        records = [data for _, _, _, data in capture.records()]
    tape = told(word, SNAP, until_ps=4 * 10**10)
    arrivals = [one for one in tape.read(0) if isinstance(one, (FrameArrived, FrameSent))]
    kept = [one for one in tape.read(0) if isinstance(one, FrameRecorded)]
    assert [(one.time_ps, one.packet, one.length) for one in kept] == [
        (one.time_ps, one.packet, one.length) for one in arrivals
    ]
    assert arrivals
    for one in kept:
        assert one.data == records[one.packet % len(records)][:SNAP]


def test_nothing_is_kept_unless_it_is_asked_for_or_where_packets_are_not_told() -> None:
    assert not any(isinstance(one, FrameRecorded) for one in told("http.pcap", 0).read(0))
    meters = told("http.pcap", SNAP, Detail.METERS)
    assert not any(isinstance(one, FrameRecorded) for one in meters.read(0))


def test_synthetic_packets_get_the_headers_of_their_flow() -> None:
    tape = told("overload-udp", 2000, until_ps=10**8)
    kept = [one for one in tape.read(0) if isinstance(one, FrameRecorded)]
    arrivals = [one for one in tape.read(0) if isinstance(one, FrameArrived)]
    assert len(kept) == len(arrivals) > 50
    for one in kept:
        assert len(one.data) == one.length - 4
        parts = layout(one.data, len(one.data)).parts
        assert [part.name for part in parts] == ["Ethernet", "IPv4", "UDP", "payload"]


def test_a_packet_of_another_length_is_not_taken_for_it() -> None:
    path = recording("udp-bursts.pcap")
    assert path is not None
    snap = CaptureSnap(path, SNAP)
    assert snap.of(0, 9999) == b""
    assert snap.of(0, 64) == b""  # it has gone by
    snap.close()


def test_after_a_long_stretch_of_meters_alone_it_catches_up() -> None:
    path = recording("udp-bursts.pcap")
    assert path is not None
    with open_capture(path) as capture:
        lengths = [max(length + 4, 64) for _, length, _, _ in capture.records()]
    snap = CaptureSnap(path, SNAP)
    begin = 20 * len(lengths)
    given = [snap.of(number, lengths[number % len(lengths)]) for number in range(begin, begin + 100)]
    assert given[0] == b""
    assert all(given[-20:])
    snap.close()


def test_a_file_that_has_gone_is_no_trouble() -> None:
    snap = CaptureSnap("/nowhere/at-all.pcap", SNAP)
    assert snap.of(3, 64) == b""
    snap.close()


def test_bytes_beside_a_closed_loop_are_of_the_flood_alone() -> None:
    """The flood has the odd numbers; a segment of the peer has an even number, and no bytes."""
    tape = told("flood-dropped-early", SNAP, until_ps=2 * 10**9)
    recorded = [one for one in tape.read(0) if isinstance(one, FrameRecorded)]
    assert len(recorded) > 1000
    assert {record.packet % 2 for record in recorded} == {1}
    assert {bytes(record.data[36:38]) for record in recorded} == {(7).to_bytes(2, "big")}
