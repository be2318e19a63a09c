"""Laws of polling: how many frames a poll takes, and what a longer budget saves."""

from functools import cache

import pytest

from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.tape.meter import Meters
from tests.emulator.running import emulation, stretch

WEIGHT = 64  # of NAPI


@pytest.mark.parametrize(("period_us", "rate_pps"), [(20, 500_000), (50, 200_000), (125, 400_000)])
def test_a_poll_takes_the_frames_of_a_period(period_us: float, rate_pps: float) -> None:
    """An interrupt comes once in a period T, and its polls empty the ring: rate * T frames each.

    So long as they are fewer than NAPI's weight, one poll is enough. The stretch has 400 periods, and
    its ends cut one of them.
    """
    frames, periods = rate_pps * period_us / 1e6, 400
    assert frames < WEIGHT
    settings = Settings(moderation_us=period_us, moderation_frames=0)
    grown = stretch(
        emulation("kernel", settings, Traffic(rate_pps=rate_pps)), 2000, periods * period_us
    )
    assert grown.polls == pytest.approx(periods, abs=1)
    assert grown.arrived / grown.polls == pytest.approx(frames, rel=1.5 / periods)


def test_more_frames_than_the_weight_take_another_poll() -> None:
    """Linux napi_poll(): a driver that used up its weight is polled again, so 100 frames take two."""
    period_us, periods = 125, 200
    settings = Settings(moderation_us=period_us, moderation_frames=0)
    grown = stretch(emulation("kernel", settings, Traffic(rate_pps=800_000)), 2000, periods * period_us)
    assert grown.interrupts == pytest.approx(periods, abs=1)
    assert grown.polls == pytest.approx(2 * periods, abs=2)


def flooded(datapath: str, batch: int, us: float = 4000) -> Meters:
    """The growth over a stretch in which a core always finds frames; a poll takes `batch` of them."""
    if datapath == "kernel":
        settings = Settings(cores=1, napi_weight=batch, ring=256)
    else:
        settings = Settings(cores=1, burst=batch, ring=256, link_gbps=100.0)
    offered = Traffic(rate_pps=40_000_000 if datapath == "dpdk" else 5_000_000)
    return stretch(emulation(datapath, settings, offered), 1000, us)


@cache
def frame_ps(datapath: str, batch: int, us: float = 4000) -> float:
    """Time of a frame in a flood, ps."""
    grown = flooded(datapath, batch, us)
    assert grown.missed
    assert not grown.empty_polls
    return us * 1e6 / (grown.arrived - grown.missed)


@pytest.mark.parametrize("datapath", ["kernel", "dpdk"])
def test_a_longer_budget_spares_the_fixed_cost_of_a_poll(datapath: str) -> None:
    """A poll costs a, a frame b: a frame of a full poll of n takes b + a / n.

    Two batches give a and b, the others follow. The ends of the stretch cut two polls of some hundreds.
    """
    few, most = 4, 32
    first, last = frame_ps(datapath, few), frame_ps(datapath, most)
    poll_ps = (first - last) / (1 / few - 1 / most)
    each_ps = last - poll_ps / most
    assert poll_ps > 0.02 * each_ps
    for batch in (8, 16):
        expected = each_ps + poll_ps / batch
        assert frame_ps(datapath, batch) == pytest.approx(expected, rel=0.002)


@pytest.mark.parametrize("frames", [2, 3, 5])
def test_a_busy_poller_takes_as_many_frames_as_come_during_a_poll(frames: int) -> None:
    """A poll of n frames lasts a + b n, and rate * (a + b n) come then: n = rate a / (1 - rate b).

    Bursts of 1 and 32 in a flood give a and b. An error e of b becomes e rate b / (1 - rate b) of n,
    and e is under a poll of 32 in 8 ms, 1 / 4,000.
    """
    one, most = (frame_ps("dpdk", batch, 8000) for batch in (1, 32))
    poll_ps = (one - most) / (1 - 1 / 32)
    each_ps = one - poll_ps
    rate_pps = frames * 1e12 / (poll_ps + each_ps * frames)
    settings = Settings(cores=1, ring=256, link_gbps=100.0)
    grown = stretch(emulation("dpdk", settings, Traffic(rate_pps=rate_pps)), 1000, 4000)
    assert not grown.missed
    assert not grown.empty_polls
    idle = 1 - rate_pps * each_ps / 1e12
    assert grown.delivered / grown.polls == pytest.approx(frames, rel=2 / 4000 / idle + 0.001)
