"""A capture's frames at another pace: evenly spaced, without long silences, cut off, or repeated."""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

from kbview.emulator.hardware.cable import BitClock
from kbview.emulator.traffic.gaps import constant
from kbview.packet.altered import altered
from kbview.packet.frame import Flow, Frame


def at_rate(
    chunks: Iterable[list[Frame]], rate_pps: float, gbps: float, sent_by_us: Callable[[Flow], bool]
) -> Iterator[list[Frame]]:
    """The same frames in order; arrivals are evenly spaced, or as close as the wire permits."""
    times = accumulate(constant(rate_pps))
    now_ps, wire = 0, BitClock(gbps)
    for chunk in chunks:
        paced = []
        for frame in chunk:
            if not sent_by_us(frame.flow):
                now_ps = max(next(times), now_ps + wire.pass_frame(frame.length))
            paced.append(_at(frame, now_ps))
        yield paced


def without_gaps(chunks: Iterable[list[Frame]], longest_ps: int) -> Iterator[list[Frame]]:
    """The same frames with every silence longer than `longest_ps` cut to that."""
    before_ps = cut_ps = 0
    for chunk in chunks:
        moved = []
        for frame in chunk:
            cut_ps += max(0, frame.arrived_ps - before_ps - longest_ps)
            before_ps = frame.arrived_ps
            moved.append(_at(frame, frame.arrived_ps - cut_ps))
        yield moved


def _at(frame: Frame, arrived_ps: int) -> Frame:
    return altered(frame, arrived_ps=arrived_ps)


def limited(chunks: Iterable[list[Frame]], frames: int) -> Iterator[list[Frame]]:
    """The first `frames` of them."""
    left = frames
    for chunk in chunks:
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return


def again(make: Callable[[], Iterable[list[Frame]]], pause_ps: int) -> Iterator[list[Frame]]:
    """The same traffic over and over, with a pause between; packets are numbered on."""
    start_ps = first = 0
    while True:
        end_ps, number = start_ps, first
        for chunk in make():
            yield [
                altered(frame, arrived_ps=frame.arrived_ps + start_ps, packet=frame.packet + first)
                for frame in chunk
            ]
            if chunk:
                end_ps, number = chunk[-1].arrived_ps + start_ps, chunk[-1].packet + first + 1
        if number == first:
            return
        start_ps, first = end_ps + pause_ps, number
