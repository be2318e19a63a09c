"""Receive livelock of the modern kind: packets reach the socket and die there, for nobody reads them.

J. D. Brouer, netconf 2023, "softirq revert discussion" (github.com/xdp-project/xdp-project): one core,
poll and UDP application pinned together: of 2,831,056 packets a second the application reads 2,948.
"""

from collections import Counter

from kbview.emulator.emulation import Emulation
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.tape.detail import Detail
from kbview.tape.events import SoftirqEntered
from kbview.tape.meter import Meters
from tests.emulator.running import emulation, stretch

OVERLOAD_PPS = 8e6
MS_PS = 10**9


def overloaded(rate_pps: float, **settings: object) -> Emulation:
    """An emulation of small datagrams at that rate, and a reader."""
    offered = Traffic(pattern="poisson", rate_pps=rate_pps)
    return emulation("kernel", Settings(wait="read", **settings), offered)  # type: ignore[arg-type]


def settled(rate_pps: float, **settings: object) -> Meters:
    """The growth of the meters in 16 ms, after 8 in which the schedule has settled."""
    return stretch(overloaded(rate_pps, **settings), 8000, 16_000)


def served(meters: Meters) -> float:
    """The share of what the stack was given that the application has read."""
    return meters.delivered / (meters.arrived - meters.missed)


def test_softirqs_starve_an_application_on_their_core() -> None:
    """Brouer 2023: a thousandth is read, the rest is RcvbufErrors; Linux to 4.8 and from 6.5 on."""
    starved = settled(OVERLOAD_PPS, cores=1)
    assert 0 < served(starved) < 0.01
    received = starved.arrived - starved.missed
    assert starved.drops["socket/SOCKET_RCVBUFF"] > 0.99 * received
    assert received * 1000 / 16 > 2_000_000


def test_delivery_collapses_beyond_its_peak() -> None:
    """Mogul & Ramakrishnan 1997, fig. 6-1: NAPI bounds a poll, not what softirqs take from a task."""
    curve = [settled(rate, cores=1).delivered for rate in (2e5, 4e5, 8e5, 32e5)]
    assert curve[:3] == sorted(curve[:3])
    assert curve[3] < 0.01 * max(curve), curve


def test_another_core_is_a_cure() -> None:
    """Brouer 2023, "split" CPUs: what the application can read, it reads."""
    assert served(settled(OVERLOAD_PPS, cores=2)) > 0.5


def test_leaving_softirqs_to_ksoftirqd_is_a_cure() -> None:
    """Linux 4cd13c21b207 (4.9), reverted by d15121be7485 (6.5): ksoftirqd and reader share."""
    curve = [settled(rate, cores=1, ksoftirqd_defers=True) for rate in (8e5, 32e5, OVERLOAD_PPS)]
    delivered = [meters.delivered for meters in curve]
    assert min(delivered) > 0.5 * max(delivered), delivered
    assert curve[-1].cores[0].ksoftirqd_ps > 0


def test_polling_in_a_thread_is_a_cure() -> None:
    """Linux Documentation/networking/napi.rst, "Threaded NAPI": the scheduler weighs it as any task."""
    curve = [settled(rate, cores=1, threaded_napi=True) for rate in (8e5, 32e5, OVERLOAD_PPS)]
    delivered = [meters.delivered for meters in curve]
    assert min(delivered) > 0.5 * max(delivered), delivered
    assert [meters.softirqs for meters in curve] == [0, 0, 0]
    assert curve[-1].cores[0].ksoftirqd_ps > 0


def test_a_thread_costs_a_context_switch_where_a_softirq_costs_none() -> None:
    """The price of the cure: at light load the poll waits for its thread to be switched to."""
    thread, softirq = (settled(2e4, cores=2, threaded_napi=threaded) for threaded in (True, False))
    assert thread.context_switches > 1.8 * softirq.context_switches
    assert (
        thread.latency.percentile(0.5) > softirq.latency.percentile(0.5) + 500_000
    )  # a switch from idle


def test_connection_tracking_is_paid_for_what_comes_and_for_what_goes() -> None:
    """Brouer 2023, echo on its own core: 2.44 M received, 412 k served; with, 1.586 M and 364 k."""
    without, tracked = (
        settled(OVERLOAD_PPS, cores=2, app="echo", app_cycles=4300, conntrack=on)
        for on in (False, True)
    )
    assert 0.6 < (tracked.arrived - tracked.missed) / (without.arrived - without.missed) < 0.7
    assert 0.85 < tracked.delivered / without.delivered < 0.95


def test_softirqs_are_entered_three_ways() -> None:
    """kernel/softirq.c: at an interrupt's exit, in local_bh_enable() of a system call, by ksoftirqd.

    With the deferral of 4.9 to 6.4 no system call runs them while ksoftirqd is runnable.
    """
    ways = []
    for defers in (False, True):
        made = overloaded(OVERLOAD_PPS, cores=1, ksoftirqd_defers=defers)
        made.recorder.detail = Detail.STEPS
        made.advance(8 * MS_PS)
        events = made.release()
        ways.append(Counter(event.by for event in events if isinstance(event, SoftirqEntered)))
    assert set(ways[0]) == {"irq_exit", "restart", "ksoftirqd", "local_bh_enable"}
    assert set(ways[1]) == {"irq_exit", "ksoftirqd"}
