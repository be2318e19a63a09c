"""Streams: times, lengths and flows together make frames; two streams on one cable take turns."""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import accumulate, count, cycle, islice
from operator import attrgetter

from kbview.emulator.hardware.cable import BitClock
from kbview.packet.altered import altered
from kbview.packet.frame import Flow, Frame

CHUNK = 4096
UDP_HEADERS = 14 + 20 + 8 + 4  # Ethernet, IPv4, UDP, FCS
_ARRIVED = attrgetter("arrived_ps")

Frames = Iterator[Frame]


def alike(gaps: Iterable[int], length: int, flows: list[Flow]) -> Frames:
    """Datagrams of one frame length at these distances, the flows in turn."""
    payload = max(0, length - UDP_HEADERS)
    arrived_ps = 0
    for packet, gap_ps, flow in zip(count(), gaps, cycle(flows), strict=False):
        arrived_ps += gap_ps
        yield Frame(arrived_ps, packet, length, flow, payload)


def mixed(gaps: Iterable[int], lengths: Iterable[int], gbps: float, flows: list[Flow]) -> Frames:
    """Datagrams of these lengths; each waits for the wire while the datagram before is on it."""
    free_ps, wire = 0, BitClock(gbps)
    for packet, (due_ps, length, flow) in enumerate(
        zip(accumulate(gaps), lengths, cycle(flows), strict=False)
    ):
        left_ps = max(due_ps, free_ps + wire.pass_frame(length))
        free_ps = left_ps
        yield Frame(left_ps, packet, length, flow, max(0, length - UDP_HEADERS))


def together(streams: list[Frames], gbps: float, numbers: "count[int]") -> Frames:
    """The frames of all streams on one cable, numbered anew by `numbers`; each waits for the wire."""
    free_ps, wire = 0, BitClock(gbps)
    for packet, frame in zip(numbers, merge(*streams, key=_ARRIVED), strict=False):
        free_ps = max(frame.arrived_ps, free_ps + wire.pass_frame(frame.length))
        yield altered(frame, arrived_ps=free_ps, packet=packet)


def apart(streams: list[Frames], numbers: "count[int]") -> Frames:
    """Each stream on a cable of its own, numbered anew by `numbers` in the order of arrival."""
    for packet, frame in zip(numbers, merge(*streams, key=_ARRIVED), strict=False):
        yield altered(frame, packet=packet)


def in_chunks(frames: Frames) -> Iterator[list[Frame]]:
    """A chunk at a time."""
    while chunk := list(islice(frames, CHUNK)):
        yield chunk


def first(frames: Frames, most: int | None) -> Frames:
    """The first `most` of them; None is without end."""
    return frames if most is None else islice(frames, most)
