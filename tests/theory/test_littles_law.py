"""Little's law: as many frames are in the machine as come in a second, times the seconds they stay."""

import random
from bisect import bisect_right
from math import sqrt
from operator import attrgetter
from statistics import fmean, stdev

import pytest

from kbview.emulator.emulation import Emulation
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.tape.detail import Detail
from kbview.tape.events import (
    Event,
    FrameArrived,
    FrameMissed,
    FrameSent,
    PacketDelivered,
    PacketDropped,
)
from kbview.tape.meter import Meters
from tests.emulator.running import emulation

S_PS = 10**12
SAMPLES = 2000


def sampled(made: Emulation, interval_ps: int) -> list[Meters]:
    """The meters at a random moment of each interval, until the last frame has left."""
    generator, found = random.Random(1), []
    start_ps = 0
    while not made.ended:
        until_ps = start_ps + generator.randrange(interval_ps)
        if made.advance(until_ps) == until_ps:
            found.append(made.sample().meters)
        start_ps += interval_ps
    return found


@pytest.mark.parametrize("datapath", ["kernel", "dpdk", "netmap", "af_xdp"])
@pytest.mark.parametrize("rate_pps", [100_000, 700_000])
def test_frames_in_flight_are_rate_times_time_in_the_system(datapath: str, rate_pps: float) -> None:
    """Little 1961: the mean number in a system is the rate times the mean time in it.

    Over a run from empty to empty it is exact: both are the sum of the times in the system, over the
    duration. A random moment of each interval is a fair sample of the number. Its mean has a standard
    error of at most the spread over the root of the samples; four of them are the tolerance.
    """
    frames = 6000
    traffic = Traffic(pattern="poisson", rate_pps=rate_pps, frames=frames)
    made = emulation(datapath, Settings(ring=4096), traffic, Detail.MILESTONES)
    duration_ps = round(frames / rate_pps * S_PS)
    found = sampled(made, duration_ps // SAMPLES)
    times_ps = [event.latency_ps for event in made.release() if isinstance(event, PacketDelivered)]
    assert len(times_ps) == frames
    law = sum(times_ps) / made.now_ps
    numbers = [meters.in_flight for meters in found]
    assert fmean(numbers) == pytest.approx(law, abs=4 * stdev(numbers) / sqrt(len(numbers)))


def counted(events: list[Event], kind: type[Event], until_ps: int) -> int:
    """Events of a kind up to a time; the events are in the order of time."""
    before = bisect_right(events, until_ps, key=attrgetter("time_ps"))
    return sum(isinstance(event, kind) for event in events[:before])


@pytest.mark.parametrize(
    ("datapath", "settings", "rate_pps"),
    [
        ("kernel", Settings(), 200_000),
        ("kernel", Settings(ring=256), 3_000_000),
        ("kernel", Settings(app="forward", queues=2), 400_000),
        ("kernel-irq", Settings(), 300_000),
        ("dpdk", Settings(), 5_000_000),
        ("dpdk", Settings(app="forward", ring=64), 40_000_000),
        ("netmap", Settings(), 3_000_000),
    ],
)
def test_a_sample_counts_up_to_its_time(datapath: str, settings: Settings, rate_pps: float) -> None:
    """The totals at a moment are the events up to it, though the cores are at a later time already."""
    traffic = Traffic(pattern="poisson", rate_pps=rate_pps)
    made = emulation(datapath, settings, traffic, Detail.MILESTONES)
    generator, until_ps, samples = random.Random(2), 0, []
    for _ in range(100):
        until_ps += generator.randrange(1, 4_000_000)
        assert made.advance(until_ps) == until_ps
        samples.append((until_ps, made.sample().meters))
    made.advance(until_ps + 300_000_000)
    events = made.release()
    for at_ps, meters in samples:
        assert meters.conserved()
        assert meters.arrived == counted(events, FrameArrived, at_ps)
        assert meters.delivered == counted(events, PacketDelivered, at_ps)
        assert meters.delivered == meters.latency.total + meters.kernel_latency.total
        assert meters.dropped == counted(events, PacketDropped, at_ps)
        assert meters.missed == counted(events, FrameMissed, at_ps)
        assert meters.sent == counted(events, FrameSent, at_ps)
