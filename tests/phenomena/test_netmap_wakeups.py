"""netmap: the way from an interrupt to the thread, and how much a call of poll() brings."""

import pytest

from kbview.emulator.datapaths.netmap.queue import NetmapOs
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated.scenario import scenarios
from kbview.sources.emulated.source import EmulatorSource
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape import events as ev
from kbview.tape.meter import Meters
from tests.emulator.running import emulation, finished, stretch, told


@pytest.mark.parametrize(("system", "softirqs"), [("linux", 100), ("freebsd", 0)])
def test_on_linux_the_driver_s_poll_wakes_the_thread(system: NetmapOs, softirqs: int) -> None:
    """netmap_rx_irq(): called by ixgbe_clean_rx_irq() in the softirq, on FreeBSD by the handler."""
    settings = Settings(cores=1, netmap_os=system)
    meters = finished("netmap", settings, Traffic(rate_pps=10_000, frames=100))
    assert meters.interrupts == meters.wakeups == 100
    assert meters.softirqs == softirqs
    assert meters.allocations == 0


def test_on_linux_interrupts_go_on_under_load() -> None:
    """The poll unmasks the vector though the thread is busy: an interrupt a moderation time."""
    flood = Traffic(rate_pps=20_000_000)
    rates = {}
    systems: tuple[NetmapOs, ...] = ("linux", "freebsd")
    for system in systems:
        settings = Settings(
            cores=1, app="drop", netmap_os=system, moderation_us=20.0, moderation_frames=0
        )
        rates[system] = stretch(emulation("netmap", settings, flood), 1_000, 2_000).interrupts
    assert rates["linux"] == pytest.approx(2_000 / 20, rel=0.1)
    assert rates["freebsd"] <= 1


def test_a_sent_frame_raises_the_vector_once_and_the_host_comes_to_rest() -> None:
    """ixgbe_clean_tx_irq(): netmap_tx_irq() wakes the thread and cleans nothing, that is txsync's.

    The NIC sets the vector's bit in EICR at a write-back, not while a descriptor is left uncleaned
    (Intel 82599 datasheet, 7.3.1).
    """
    settings = Settings(cores=1, app="generate", send_frames=600, tx_ring=32)
    events = told("netmap", settings)
    (*_, last) = [each.time_ps for each in events if isinstance(each, ev.FrameSent)]
    late = [each for each in events if isinstance(each, ev.IrqRaised) and each.time_ps > last]
    assert len(late) <= 2  # moderated at 16 us, and the last write-back
    assert all(each.time_ps < last + 33_000_000 for each in late)
    sent = [each for each in events if isinstance(each, ev.FrameSent)]
    assert len(sent) == 600


def test_rxsync_takes_all_frames_that_are_there() -> None:
    """ixgbe_netmap_rxsync() imports every completed descriptor; the burst is the application's."""
    train = Traffic(rate_pps=100_000, pattern="train", burst_frames=200, frames=400)
    settings = Settings(cores=1, burst=8, moderation_us=50.0, moderation_frames=0)
    events = told("netmap", settings, train)
    synced = [each.work for each in events if isinstance(each, ev.RingSynced)]
    assert max(synced) > 100


def test_the_thread_of_shared_slots_sleeps_in_every_fifth_call_and_never_at_fourteen_million() -> None:
    """netmap(4): poll() sleeps until a ring has packets, and syncs the rings once for a batch.

    Rizzo 2012, figure 5: one core of netmap receives 14.88 Mpps, so at 14 Mpps it has no time to sleep.
    """
    own, fast = (_shared_slots(rate) for rate in (None, 14_000_000.0))
    for meters in (own, fast):
        assert meters.delivered > 1_000
        assert meters.delivered > 4 * meters.syscalls, "a poll() brings a batch"
    assert own.syscalls / own.wakeups == pytest.approx(5, abs=0.5)
    assert fast.wakeups <= 1
    told = scenarios()["shared-slots"].summary
    assert "every fifth sleeps first" in told
    assert "--rate 14000000 leaves no time for sleep" in told


def _shared_slots(rate_pps: float | None) -> Meters:
    """The bundled scenario's meters after 4 ms, at its own rate or another."""
    source = resolve("shared-slots", Choice(rate_pps=rate_pps))
    assert isinstance(source, EmulatorSource)
    source.emulation.advance(4_000_000_000)
    source.close()
    return source.emulation.sample().meters
