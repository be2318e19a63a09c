"""Adaptive moderation: how DIM climbs, when a quiet-time vector fires, and that the NIC obeys."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbview.emulator.emulation import Emulation
from kbview.emulator.kernel.device.dim import (
    DEFAULT_PROFILE,
    PROFILES,
    NetDim,
    Rates,
    Tune,
    compare,
)
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.sources.emulated import profile
from tests.emulator.running import at_both_details, finished

US = 1_000_000
STEADY = Rates(64_000, 1000, 60)


def climbed(rates_of: dict[int, Rates], samples: int = 40) -> NetDim:
    """A climber after so many samples of a load that answers each profile with the same rates."""
    dim = NetDim()
    for _ in range(samples):
        dim.decide(rates_of[dim.profile])
    return dim


# ---- the climber -----------------------------------------------------------------------------------


def test_bytes_count_before_packets_and_packets_before_events() -> None:
    assert compare(Rates(72_000, 500, 90), STEADY) == 1
    assert compare(Rates(64_000, 880, 10), STEADY) == -1
    assert compare(Rates(64_000, 1000, 50), STEADY) == 1
    assert compare(Rates(70_000, 1100, 66), STEADY) == 0  # a tenth is not significant
    assert compare(STEADY, Rates(0, 0, 0)) == 1


def test_it_stays_where_events_are_fewest() -> None:
    """lib/dim: with the same bytes and packets fewer events are better; past the top it comes back."""
    for top in range(1, PROFILES - 1):
        valley = {at: Rates(64_000, 1000, 10 * (2 + abs(at - top))) for at in range(PROFILES)}
        dim = climbed(valley)
        assert dim.profile == top
        assert dim.tune is Tune.ON_TOP


def test_it_climbs_as_far_as_it_gets_better() -> None:
    fewer = {at: Rates(64_000, 1000, 100 - 18 * at) for at in range(PROFILES)}
    assert climbed(fewer).profile == PROFILES - 1


def test_what_is_the_same_everywhere_does_not_keep_it_walking() -> None:
    dim = climbed(dict.fromkeys(range(PROFILES), STEADY), 10)
    places = set()
    for _ in range(60):
        dim.decide(STEADY)
        places.add((dim.tune, dim.profile))
    assert {tune for tune, _ in places} & {Tune.ON_TOP, Tune.TIRED}


def test_a_parked_one_sets_out_when_the_load_changes() -> None:
    valley = {at: Rates(64_000, 1000, 10 * (2 + abs(at - 2))) for at in range(PROFILES)}
    dim = climbed(valley)
    parked = dim.profile
    assert dim.tune is Tune.ON_TOP
    assert dim.decide(Rates(640_000, 10_000, 20))
    assert dim.profile == parked - 1


@given(st.lists(st.tuples(*[st.integers(0, 10**6)] * 3), max_size=200))
def test_it_never_leaves_its_profiles(samples: list[tuple[int, int, int]]) -> None:
    dim = NetDim()
    for sample in samples:
        before = dim.profile
        assert dim.decide(Rates(*sample)) == (dim.profile != before)
        assert 0 <= dim.profile < PROFILES
        assert abs(dim.profile - before) <= 1


# ---- on the path -----------------------------------------------------------------------------------


@pytest.mark.parametrize("since", ["event", "completion"])
@pytest.mark.parametrize("app", ["sink", "forward", "drop"])
def test_nothing_is_lost_and_detail_changes_nothing(app: str, since: str) -> None:
    traffic = Traffic(pattern="poisson", rate_pps=1.2e6, frames=8000)
    shape: dict[str, Any] = {"app": app, "adaptive_moderation": since}
    coarse, fine = at_both_details("kernel", Settings(**shape), traffic)
    assert coarse.conserved()
    assert msgspec.to_builtins(coarse) == msgspec.to_builtins(fine)


def test_frames_that_follow_closely_are_counted_and_the_last_waits_its_time() -> None:
    """mlx5, START_FROM_CQE: within a burst the time begins again with each completion."""
    assert DEFAULT_PROFILE == 1  # 8 us or 128 frames
    shape: dict[str, Any] = {"cores": 1, "app": "drop", "adaptive_moderation": "completion"}
    close = finished("kernel", Settings(**shape), Traffic(rate_pps=1e6, frames=1280))
    assert close.interrupts == 10
    apart = finished("kernel", Settings(**shape), Traffic(rate_pps=50_000, frames=60))
    assert apart.interrupts == 60


def test_a_stream_is_given_long_waits() -> None:
    """Whatever is offered, nothing but interrupts grows fewer: the waits lengthen."""
    shape: dict[str, Any] = {"cores": 1, "app": "drop"}
    traffic = Traffic(pattern="poisson", rate_pps=3e6, frames=200_000)
    fixed = finished("kernel", Settings(moderation_us=8, moderation_frames=256, **shape), traffic)
    adapted = finished("kernel", Settings(adaptive_moderation="event", **shape), traffic)
    assert adapted.interrupts < 0.5 * fixed.interrupts
    assert adapted.stages["dim_apply"].count >= 1


def test_who_waits_for_answers_is_given_short_ones() -> None:
    """In a closed loop a wait costs bytes, and those count first: DIM goes back to the shortest."""
    traffic = Traffic(pattern="request", rtt_us=5, frames=8000)
    settings = Settings(app="echo", adaptive_moderation="event", tx_moderation_us=16)
    made = Emulation(
        profile.load("xdp18"),
        settings,
        SYNTHETIC_HOST,
        traffic.chunks(1),
        "kernel",
        traffic.peer(1, settings),
    )
    queue = made._machine.nic.queues[0]
    waits_ps = []
    while not made.ended:
        made.advance(made.now_ps + 1000 * US)
        waits_ps.append(queue.moderation.gap_ps)
    assert max(waits_ps) >= 64 * US  # it tried
    assert set(waits_ps[len(waits_ps) // 2 :]) == {1 * US}


def test_another_datapath_finds_the_nic_as_it_was_set() -> None:
    traffic = Traffic(rate_pps=4e6)
    settings = Settings(cores=1, adaptive_moderation="event", app="forward")
    made = Emulation(profile.load("xdp18"), settings, SYNTHETIC_HOST, traffic.chunks(1), "kernel")
    queue = made._machine.nic.queues[0]
    made.advance(2000 * US)
    assert queue.moderation.frames == 256
    made.switch("dpdk")
    made.advance(4000 * US)
    assert queue.moderation.frames == settings.moderation_frames


def test_a_word_that_is_not_known_is_refused() -> None:
    with pytest.raises(ScenarioError) as caught:
        Settings(adaptive_moderation="on")  # type: ignore[arg-type]
    assert str(caught.value).startswith('adaptive_moderation = "on" is unknown; use "off", "event"')
