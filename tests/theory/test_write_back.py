"""Batches of descriptors: the wait of a frame by its place in the batch; the NIC's own latency."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.write_back import WriteBack
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape.meter import Meters
from tests.emulator.running import at_both_details, finished

US = 1_000_000
TIMER_US = 32.768
DATAPATHS = ["dpdk", "kernel", "netmap", "af_xdp"]


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=60),
    st.integers(2, 8),
    st.integers(1, 90),
    st.lists(st.integers(1, 5), max_size=60),
)
def test_however_the_arrivals_are_claimed_the_batches_are_the_same(
    gaps: list[int], count: int, timer_ps: int, strides: list[int]
) -> None:
    """No frame is written before it came, none waits longer than the timer, and none overtakes."""
    arrivals = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    whole = WriteBack(count, timer_ps).times(arrivals, [])
    assert all(0 <= end - at <= timer_ps for at, end in zip(arrivals, whole, strict=True))
    assert all(one <= other for one, other in pairwise(whole))
    gathering, pieces, at = WriteBack(count, timer_ps), [], 0
    for stride in [*strides, *[1] * len(arrivals)]:
        pieces += gathering.times(arrivals[at : at + stride], arrivals[at + stride :][:count])
        at += stride
    assert pieces == whole


def test_nothing_is_written_without_a_frame() -> None:
    assert WriteBack(4, 10).next_ps([]) == NEVER_PS


def evenly(rate_pps: float, datapath: str = "dpdk", **more: object) -> Meters:
    settings = Settings(cores=1, max_cstate="C1", **more)  # type: ignore[arg-type]
    return finished(datapath, settings, Traffic(rate_pps=rate_pps, frames=4000))


@pytest.mark.parametrize("count", [2, 4, 8])
def test_frames_in_even_distances_wait_for_the_frames_behind_them(count: int) -> None:
    """The frame at place p of n waits n - 1 - p distances: 0 for the last, (n - 1) for the first."""
    plain, gathered = (evenly(1e6, write_back=n).latency for n in (1, count))
    for place in range(count):
        added_ps = gathered.percentile((place + 0.5) / count) - plain.percentile(0.5)
        assert added_ps == pytest.approx(place * US, abs=0.06 * count * US)  # the burst's frames


@pytest.mark.parametrize("datapath", DATAPATHS)
def test_at_light_load_each_frame_waits_for_the_timer(datapath: str) -> None:
    """82599 and e1000e: fewer descriptors than the threshold are written when the timer ends."""
    plain, gathered = (evenly(1e4, datapath, write_back=n).latency for n in (1, 4))
    added_us = (gathered.percentile(0.5) - plain.percentile(0.5)) / US
    assert added_us == pytest.approx(TIMER_US, rel=0.1)


@pytest.mark.parametrize("datapath", DATAPATHS)
def test_no_frame_is_lost_and_detail_changes_nothing(datapath: str) -> None:
    traffic = Traffic(pattern="poisson", rate_pps=8e5, frames=4000)
    coarse, fine = at_both_details(datapath, Settings(write_back=4), traffic)
    assert coarse.delivered == 4000
    assert msgspec.to_builtins(coarse) == msgspec.to_builtins(fine)


@pytest.mark.parametrize("datapath", DATAPATHS)
def test_arrivals_that_become_known_in_pieces_change_no_batch(datapath: str) -> None:
    """The application makes traffic known in small pieces, and a batch may begin in one piece."""
    settings = Settings(cores=1, write_back=4)
    frames = [frame for chunk in Traffic(rate_pps=1e6, frames=2000).chunks(1) for frame in chunk]
    latencies = []
    for size in (2000, 10):
        pieces = iter([frames[at : at + size] for at in range(0, len(frames), size)])
        made = Emulation(profile.load("xdp18"), settings, SYNTHETIC_HOST, pieces, datapath)
        for step in range(1, 300):
            made.advance(step * 10 * US)
        latencies.append(made.sample().meters.latency)
    assert latencies[0] == latencies[1]


def test_the_nic_s_own_time_is_paid_in_each_direction() -> None:
    """A forwarded frame passes the NIC twice, a received frame once."""
    for app, times in (("sink", 1), ("forward", 2)):
        without, with_nic = (evenly(1e5, app=app, nic_latency_ns=ns).latency for ns in (0, 500))
        assert with_nic.least - without.least == pytest.approx(times * 500_000, abs=40_000)
