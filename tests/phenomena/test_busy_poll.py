"""Busy polling: the application's own system call polls the device.

Linux Documentation/networking/napi.rst, "Busy polling".
"""

import pytest

from kbview.emulator.settings import ScenarioError, Settings
from kbview.tape.meter import Meters
from tests.phenomena.test_starvation import OVERLOAD_PPS, served, settled

ITS_OWN: dict[str, float] = {"busy_poll_us": 50.0, "irq_defer_us": 200.0}


def typical_ps(meters: Meters) -> int:
    """The median latency."""
    return meters.latency.percentile(0.5)


@pytest.mark.parametrize("cores", [1, 2])
def test_it_buys_latency_with_cpu_time(cores: int) -> None:
    """No wake-up, no context switch, no way out of an idle state: if the call is still polling."""
    plain, busy = (settled(5e4, cores=cores, busy_poll_us=us) for us in (0.0, 200.0))
    assert 2 * typical_ps(busy) < typical_ps(plain)
    assert busy.context_switches < 0.1 * plain.context_switches
    assert busy.cores[-1].poll_empty_ps > 0.5 * 16 * 10**9
    assert plain.cores[-1].poll_empty_ps == 0


@pytest.mark.parametrize("cores", [1, 2])
def test_polling_by_the_application_alone_is_a_cure_for_livelock(cores: int) -> None:
    """SO_PREFER_BUSY_POLL with gro_flush_timeout: no interrupt, no softirq, and the NIC misses."""
    own = settled(OVERLOAD_PPS, cores=cores, **ITS_OWN)
    assert served(own) > 0.99
    assert own.interrupts == own.softirqs == 0
    assert own.dropped == 0 < own.missed


def test_without_deferral_it_is_none() -> None:
    """A queue that never is empty never is polled by who reads: softirqs stay in charge."""
    assert served(settled(OVERLOAD_PPS, cores=1, busy_poll_us=50.0)) < 0.01


def test_a_reader_that_stalls_loses_its_poll_to_the_softirq() -> None:
    """napi_watchdog(): after gro_flush_timeout without a poll the softirq takes over."""
    stalled = settled(1e5, cores=2, app_cycles=3_600_000, **ITS_OWN)  # a millisecond a packet
    assert stalled.softirqs > 0
    assert stalled.interrupts == 0


def test_a_sleeper_behind_deferred_interrupts_waits_for_the_timer() -> None:
    """The price of deferral alone: packets wait for gro_flush_timeout."""
    quick, deferred = (settled(2e4, cores=2, irq_defer_us=us) for us in (0.0, 200.0))
    assert typical_ps(deferred) > typical_ps(quick) + 50_000_000
    assert deferred.interrupts < 0.1 * quick.interrupts


def test_a_thread_and_busy_polling_are_not_combined() -> None:
    with pytest.raises(ScenarioError, match="use one or the other"):
        Settings(threaded_napi=True, busy_poll_us=50)
