"""Frames are conserved at every instant, on any number of queues, on every datapath."""

import random
from collections import Counter

import pytest

from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.tape.detail import Detail
from kbview.tape.events import FrameArrived, FrameMissed
from tests.emulator.running import emulation

US_PS = 1_000_000


@pytest.mark.parametrize("datapath", DATAPATHS)
@pytest.mark.parametrize(("cores", "queues"), [(4, 4), (2, 8)])
@pytest.mark.parametrize("rate_pps", [300_000, 14_000_000])
def test_frames_are_conserved_over_many_queues(
    datapath: str, cores: int, queues: int, rate_pps: float
) -> None:
    """What arrived is delivered, dropped, missed or in flight, in each sample and at the end."""
    frames = 6000
    traffic = Traffic(pattern="poisson", rate_pps=rate_pps, flows=64, frames=frames)
    settings = Settings(cores=cores, queues=queues, ring=128)
    made = emulation(datapath, settings, traffic, Detail.MILESTONES)
    generator, until_ps = random.Random(3), 0
    while not made.ended:
        until_ps += generator.randrange(1, round(frames * 1e12 / rate_pps / 40))
        made.advance(until_ps)
        meters = made.sample().meters
        assert meters.conserved()
        assert 0 <= meters.in_flight <= meters.arrived
    assert meters.arrived == frames == meters.delivered + meters.dropped + meters.missed
    events = made.release()
    arrived = Counter(event.queue for event in events if isinstance(event, FrameArrived))
    missed = Counter(event.queue for event in events if isinstance(event, FrameMissed))
    assert len(arrived) == queues
    assert arrived.total() == frames
    assert missed.total() == meters.missed
    assert all(missed[queue] <= arrived[queue] for queue in arrived)
