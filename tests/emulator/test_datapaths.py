"""The kernel beside DPDK, and runs of packets that change nothing but the time they take to emulate."""

from itertools import product
from typing import Any

import msgspec
import pytest

from kbview.emulator.application import App
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.kernel.socket.wait import Wait
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.emulator.traffic_description import Size
from kbview.packet.frame import Frame
from tests.emulator.running import at_both_details, emulation, finished

PACED = Traffic(rate_pps=20_000, frames=1000)
BLOCKING = Settings(wait="read")


def test_paced_packets_cost_the_kernel_an_interrupt_each() -> None:
    meters = finished("kernel", BLOCKING, PACED)
    assert meters.delivered == 1000
    assert meters.interrupts == meters.polls == meters.copies == meters.allocations == 1000
    assert meters.mode_switches >= 2000


def test_paced_packets_cost_dpdk_nothing_but_a_whole_core() -> None:
    meters = finished("dpdk", BLOCKING, PACED)
    assert meters.delivered == 1000
    for name in (
        "interrupts",
        "copies",
        "allocations",
        "mode_switches",
        "syscalls",
        "context_switches",
    ):
        assert getattr(meters, name) == 0
    assert meters.cores[0].idle_ps == 0
    assert meters.empty_polls > 0.9 * meters.polls


@pytest.mark.parametrize(
    ("rate_pps", "cores", "wait", "rcvbuf", "size"),
    [
        *product((3e5, 1e6, 1.6e6, 4e6), (1, 2), ("read", "epoll"), (212_992, 40_000), (64,)),
        *product((3e5, 1e6, 4e6), (1, 2), ("read", "epoll"), (212_992, 40_000), (2500, "imix")),
    ],
)
def test_runs_change_nothing(rate_pps: float, cores: int, wait: Wait, rcvbuf: int, size: Size) -> None:
    """The batching of kernel/run/runs.py gives the meters of single packets, to the picosecond."""
    settings = Settings(cores=cores, wait=wait, rcvbuf=rcvbuf)
    traffic = Traffic(pattern="poisson", rate_pps=rate_pps, frames=600, size=size)
    coarse, fine = at_both_details("kernel", settings, traffic)
    assert msgspec.to_builtins(coarse) == msgspec.to_builtins(fine)


@pytest.mark.parametrize(
    "polls",
    [
        {},
        {"ksoftirqd_defers": True},
        {"threaded_napi": True},
        {"busy_poll_us": 50},
        {"busy_poll_us": 50, "irq_defer_us": 200},
    ],
)
@pytest.mark.parametrize("app", ["sink", "echo"])
@pytest.mark.parametrize("wait", ["read", "epoll"])
def test_runs_change_nothing_where_polls_compete_with_the_reader(
    app: App, wait: Wait, polls: dict[str, Any]
) -> None:
    settings = Settings(cores=1, wait=wait, app=app, **polls)
    traffic = Traffic(pattern="poisson", rate_pps=3e6, frames=9000)
    coarse, fine = at_both_details("kernel", settings, traffic)
    assert msgspec.to_builtins(coarse) == msgspec.to_builtins(fine)
    assert coarse.conserved()
    assert coarse.missed > 0


@pytest.mark.parametrize(("cores", "rate_pps"), [*product((1, 2), (2e4, 8e5))])
@pytest.mark.parametrize("irq_defer_us", [0, 200])
@pytest.mark.parametrize("wait", ["read", "epoll"])
def test_runs_change_nothing_where_the_reader_polls(
    cores: int, rate_pps: float, irq_defer_us: int, wait: Wait
) -> None:
    settings = Settings(cores=cores, wait=wait, busy_poll_us=50, irq_defer_us=irq_defer_us)
    traffic = Traffic(pattern="poisson", rate_pps=rate_pps, frames=2000)
    coarse, fine = at_both_details("kernel", settings, traffic)
    assert msgspec.to_builtins(coarse) == msgspec.to_builtins(fine)
    assert coarse.delivered == 2000 or (wait, cores, rate_pps) == ("epoll", 1, 8e5)  # a core too few


def test_switching_stops_interrupts_and_copies_while_frames_go_on() -> None:
    made = emulation("kernel", BLOCKING, Traffic(rate_pps=500_000, frames=2000))
    made.advance(2_000_000_000)
    made.switch("dpdk")
    before = made.sample().meters
    made.advance(NEVER_PS)
    after = made.sample().meters
    assert after.conserved()
    assert after.delivered == 2000 > before.delivered > 0
    for name in ("interrupts", "mode_switches", "copies", "allocations", "context_switches"):
        assert getattr(after, name) == getattr(before, name)
    with pytest.raises(ScenarioError, match="unknown"):
        made.switch("teleport")


def test_a_socket_overflows_by_truesize() -> None:
    """212992 bytes hold 92 small datagrams of truesize 2304 (CALIBRATION, defaults)."""
    meters = finished("kernel", BLOCKING, Traffic(rate_pps=4e6, frames=3000))
    assert meters.drops["socket/SOCKET_RCVBUFF"] == meters.dropped > 0


def test_group_addresses_are_not_foreign() -> None:
    frame = next(Traffic(frames=1).chunks(1))[0]
    assert isinstance(frame, Frame)
    assert frame.length == 64
