"""Laws of queueing theory that random traffic and a deterministic server must obey."""

from itertools import islice
from math import sqrt
from statistics import fmean, stdev

import pytest

from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.emulator.traffic import gaps
from kbview.tape.detail import Detail
from kbview.tape.events import PacketDelivered
from tests.emulator.running import ended

LOAD = 0.9
SERVICE_PS = 1_000_000
RATE_PPS = LOAD * 1e12 / SERVICE_PS


def mean_wait(seed: int, frames: int) -> float:
    """Mean wait of the first frames in a queue with one deterministic server, ps (Lindley 1952)."""
    wait_ps = total_ps = 0
    for gap_ps in islice(gaps.poisson(RATE_PPS, seed, 0), frames):
        wait_ps = max(0, wait_ps + SERVICE_PS - gap_ps)
        total_ps += wait_ps
    return total_ps / frames


@pytest.mark.parametrize(("frames", "seeds"), [(20_000, 60), (200_000, 30)])
def test_the_spread_over_seeds_falls_with_the_length_of_a_run(frames: int, seeds: int) -> None:
    """Whitt 1989, "Planning queueing simulations": sqrt(2) load / ((1 - load) sqrt(n)) of the mean.

    In heavy traffic the workload of M/D/1 is Brownian motion, reflected at 0, with drift -m and
    variance v; m = 1 - load, v = load * service time. Its mean is v / 2m. The variance of its average
    over the time T is v**3 / (2 m**4 T), so 2 v / (m**2 T) of the square of the mean. With
    T = n * service time / load that is 2 load**2 / (m**2 n): 9.0 % for 20,000 frames, 2.8 % for
    200,000.
    The spread of k seeds has a relative standard error of 1 / sqrt(2 (k - 1)); four of them are the
    tolerance. A table of gaps that is read again and again keeps 10 % however long the run is.
    """
    means = [mean_wait(seed, frames) for seed in range(seeds)]
    spread = stdev(means) / fmean(means)
    theory = sqrt(2) * LOAD / ((1 - LOAD) * sqrt(frames))
    assert spread == pytest.approx(theory, rel=4 / sqrt(2 * (seeds - 1)))
    error = 4 * theory / sqrt(seeds)
    assert fmean(means) == pytest.approx(LOAD * SERVICE_PS / (2 * (1 - LOAD)), rel=error)


def test_silences_are_independent_and_exponential() -> None:
    """An exponential variable has variance mean**2 and exceeds x means with probability exp(-x).

    The standard error of a share p in n frames is sqrt(p (1 - p) / n); of the mean, 1 / sqrt(n); of a
    correlation at any distance, 1 / sqrt(n). 16,384, 65,536 and 8,192 are lengths at which a table or a
    block of random bytes could repeat.
    """
    count = 400_000
    made = [*islice(gaps.poisson(1e6, 5, 0.0), count)]
    mean = fmean(made)
    assert mean == pytest.approx(1e6, rel=4 / sqrt(count))
    assert stdev(made) == pytest.approx(1e6, rel=4 * sqrt(2 / count))
    for times, share in ((1, 0.367879), (3, 0.0497871), (7, 9.11882e-4), (10.4, 3.04325e-5)):
        beyond = sum(gap > times * 1e6 for gap in made) / count
        assert beyond == pytest.approx(share, abs=4.5 * sqrt(share / count))
    for distance in (1, 2, 4096, 8192, 16_384, 65_536):
        pairs = zip(made, made[distance:], strict=False)
        covariance = fmean((one - mean) * (other - mean) for one, other in pairs)
        assert abs(covariance) / 1e12 < 4.5 / sqrt(count - distance)


@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
def test_a_poll_mode_core_is_an_m_d_1_queue(load: float) -> None:
    """Pollaczek and Khinchine: a frame waits load / (2 (1 - load)) service times in the mean.

    The application's work is 10 us, so one poll is under 1 % of the service time. The least latency is
    without any wait. The spread of the mean over n frames is as above.
    """
    frames, work_ps = 40_000, 10_000_000
    settings = Settings(cores=1, app_cycles=30_000, ring=4096, clock_mhz=3000)
    traffic = Traffic(pattern="poisson", rate_pps=load * 1e12 / work_ps, frames=frames)
    made = ended("dpdk", settings, traffic, Detail.MILESTONES)
    taken = [event.latency_ps for event in made.release() if isinstance(event, PacketDelivered)]
    assert len(taken) == frames
    wait_ps = fmean(taken) - min(taken)
    error = 4 * sqrt(2) * load / ((1 - load) * sqrt(frames))
    assert wait_ps / work_ps == pytest.approx(load / (2 * (1 - load)), rel=error + 0.02 / (1 - load))
