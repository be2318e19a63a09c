"""The bytes on the tape are those of the packet that they stand beside."""

import pytest

from kbview.packet.capture import open_capture
from kbview.packet.layout import layout
from kbview.sources.emulated.kept_bytes import CaptureSnap
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.tape.detail import Detail
from kbview.tape.event import HOST_PACKETS
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


@pytest.mark.parametrize("word", ["overload-udp", "four-rings", "two-ports"])
def test_synthetic_packets_get_the_headers_of_their_flow(word: str) -> None:
    tape = told(word, 2000, until_ps=10**8)
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


def test_the_flood_and_the_closed_loop_beside_it_have_their_own_bytes() -> None:
    """The flood has the odd numbers and port 7; a frame of the peer has an even number."""
    tape = told("flood-dropped-early", SNAP, until_ps=2 * 10**9)
    recorded = [one for one in tape.read(0) if isinstance(one, FrameRecorded)]
    assert len(recorded) > 1000
    flood = (7).to_bytes(2, "big")
    coming = [one for one in recorded if one.packet < HOST_PACKETS]
    assert {bytes(one.data[36:38]) == flood for one in coming if one.packet % 2} == {True}
    assert {bytes(one.data[36:38]) == flood for one in coming if not one.packet % 2} == {False}


def test_frames_of_a_closed_loop_have_the_headers_of_their_segments_both_ways() -> None:
    """RFC 9293, 3.5: SYN, then SYN with ACK, then ACK, and FIN at the end; each frame told once."""
    tape = told("short-connections", SNAP, until_ps=2 * 10**9)
    recorded = [one for one in tape.read(0) if isinstance(one, FrameRecorded)]
    known = {one.packet for one in tape.read(0) if isinstance(one, (FrameArrived, FrameSent))}
    assert len(recorded) == len({one.packet for one in recorded}) == len(known) > 1000
    headers = {one.packet: layout(one.data, one.length - 4) for one in recorded}
    assert all(sum(part.length for part in one.parts) > 0 for one in headers.values())
    assert {one.protocol for one in headers.values()} == {"tcp"}
    first = min(headers)
    client = headers[first].source_port
    shown = [one for one in headers.values() if client in (one.source_port, one.destination_port)]
    coming = [one.flags for one in shown if one.source_port == client]
    going = [one.flags for one in shown if one.destination_port == client]
    assert coming[0] == "S"
    assert going[0] == "SA"
    assert "FA" in coming
    assert any("F" in flags for flags in going)


def test_padding_of_a_short_frame_is_no_payload() -> None:
    """IEEE 802.3, 3.2.7: a frame is padded to 64 bytes; IPv4's total length ends before the padding."""
    tape = told("short-connections", SNAP, until_ps=10**9)
    parts = [
        [(part.name, part.length) for part in layout(one.data, one.length - 4).parts]
        for one in tape.read(0)
        if isinstance(one, FrameRecorded) and one.length == 64
    ]
    assert [("Ethernet", 14), ("IPv4", 20), ("TCP", 20), ("padding", 6)] in parts


def test_an_answer_with_the_number_of_its_request_does_not_take_its_bytes() -> None:
    """The requests of request-response go to port 9000; their answers have the same numbers."""
    tape = told("request-response", SNAP, until_ps=10**9)
    recorded = [one for one in tape.read(0) if isinstance(one, FrameRecorded)]
    arrived = {one.packet for one in tape.read(0) if isinstance(one, FrameArrived)}
    assert len(recorded) == len({one.packet for one in recorded}) == len(arrived) > 100
    assert {int.from_bytes(one.data[36:38], "big") for one in recorded} == {9000}
