"""Joint runs (kernel/run/joint_run.py): the meters are the meters of single steps, at any time."""

from itertools import accumulate
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.books import Books
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.counts import WorkCounts
from kbview.emulator.kernel.run import joint_run
from kbview.emulator.kernel.run.joint_run import JointRun
from kbview.emulator.kernel.socket.wait import RecvCall, Wait
from kbview.emulator.scenario import SYNTHETIC_HOST, Scenario, Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape.detail import Detail

FRAMES = 1000


def _samples(scenario: Scenario, detail: Detail, times_ps: list[int]) -> list[Any]:
    """The meters at these times, and at the end."""
    chunks = scenario.chunks()
    made = Emulation(
        profile.load(scenario.profile), scenario.settings, SYNTHETIC_HOST, chunks, scenario.datapath
    )
    made.recorder.detail = detail
    found = []
    for time_ps in (*times_ps, NEVER_PS):
        made.advance(time_ps)
        sample = made.sample()
        found.append((sample.time_ps, msgspec.to_builtins(sample.meters)))
        made.release()
    return found


def _same(traffic: Traffic, chosen: Settings, times_ps: list[int]) -> None:
    scenario = Scenario(name="joint", summary="", traffic=traffic, settings=chosen)
    coarse = _samples(scenario, Detail.METERS, times_ps)
    assert coarse == _samples(scenario, Detail.STEPS, times_ps)


@pytest.mark.skipif(
    not joint_run.__file__.endswith(".py"), reason="compiled code calls its methods directly"
)
@pytest.mark.parametrize("wait", ["epoll", "read"])
def test_most_frames_of_an_overloaded_receiver_come_in_joint_runs(
    wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without joint runs the other tests here would compare single steps with single steps."""
    taken = 0
    leave = JointRun.leave

    def counted(run: JointRun, core: Core, counts: WorkCounts, books: Books) -> None:
        nonlocal taken
        taken += run.frames
        leave(run, core, counts, books)

    monkeypatch.setattr(JointRun, "leave", counted)
    traffic = Traffic(pattern="poisson", rate_pps=2_000_000, frames=4000)
    scenario = Scenario(name="joint", summary="", traffic=traffic, settings=Settings(wait=wait))
    _samples(scenario, Detail.STEPS, [])
    assert taken == 0
    _samples(scenario, Detail.METERS, [])
    assert taken > 4000 // 2  # until the buffer is half full, the frames come one by one


@settings(max_examples=20, deadline=None)
@given(
    rate_pps=st.floats(4e5, 4e6),
    pattern=st.sampled_from(["poisson", "constant"]),
    size=st.sampled_from([64, 300, "imix"]),
    flows=st.sampled_from([1, 3]),
    wait=st.sampled_from(["epoll", "read"]),
    call=st.sampled_from(["recv", "read", "recvmsg"]),
    rcvbuf=st.sampled_from([2304, 4700, 10_000, 40_000, 212_992]),
    app_cycles=st.integers(0, 3000),
    clock_mhz=st.sampled_from([None, 1000, 2000]),
    moderation_us=st.sampled_from([0.0, 16.0, 60.0]),
    napi_weight=st.sampled_from([7, 64]),
    gaps_ps=st.lists(st.integers(1, 200_000_000), max_size=8),
)
def test_an_overloaded_socket_has_the_meters_of_single_steps(
    rate_pps: float,
    pattern: Any,
    size: Any,
    flows: int,
    wait: Wait,
    call: RecvCall,
    rcvbuf: int,
    app_cycles: int,
    clock_mhz: int | None,
    moderation_us: float,
    napi_weight: int,
    gaps_ps: list[int],
) -> None:
    """Counters, accounts of the cores, latencies, ring and socket are equal to the picosecond.

    Clocks of 1 and 2 GHz bring softirq and reader to the socket at the same picosecond now and then.
    """
    traffic = Traffic(pattern=pattern, rate_pps=rate_pps, size=size, flows=flows, frames=FRAMES)
    chosen = Settings(
        wait=wait,
        recv_call=call,
        rcvbuf=rcvbuf,
        app_cycles=app_cycles,
        clock_mhz=clock_mhz,
        moderation_us=moderation_us,
        napi_weight=napi_weight,
    )
    _same(traffic, chosen, [*accumulate(gaps_ps)])


@pytest.mark.parametrize(
    "special",
    [
        {"cores": 4, "numa_nodes": 2, "nic_node": 1},
        {"cores": 3, "app_cpu": 1},
        {"threaded_napi": True},
        {"adaptive_moderation": "event"},
        {"irq_defer_us": 30.0},
        {"rx_checksum": "cpu"},
        {"rx_checksum": "cpu", "gro": False},
        {"udp_gro": True},
        {"ring": 64, "write_back": 4, "app_cycles": 4000},
        {"cores": 1},
        {"smt": True},
        {"moderation_frames": 1},
        {"moderation_frames": 0, "moderation_us": 40.0},
        {"netdev_budget": 20, "napi_weight": 16},
        {"netdev_budget_usecs": 5},
        {"max_cstate": "C1", "moderation_us": 150.0},
        {"ring": 128, "app_cycles": 3000},
        {"page_conflicts": True},
    ],
    ids=str,
)
def test_other_settings_change_nothing_about_that(special: dict[str, Any]) -> None:
    """A joint run is left out, or has the costs of the setting."""
    traffic = Traffic(pattern="poisson", rate_pps=1_200_000, frames=4000)
    _same(traffic, Settings(**special), [10**9, 2 * 10**9])


def test_a_second_port_ends_a_joint_run() -> None:
    """A datagram for another socket is queued in its turn."""
    one, other = (Traffic(pattern="poisson", rate_pps=rate, frames=2000, port=port)
                  for rate, port in ((1e6, 9), (2e5, 77)))  # fmt: skip
    scenario = Scenario(name="two", summary="", traffic=one, flood=other)
    coarse = _samples(scenario, Detail.METERS, [10**9])
    assert coarse == _samples(scenario, Detail.STEPS, [10**9])
    assert coarse[-1][1]["dropped"] > 0
