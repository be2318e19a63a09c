"""An application that only sends: what a frame costs it on each path, and what stops it."""

import pytest

from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.kernel.socket.send_buffer import linear_truesize
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.sources.emulated import profile
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters
from tests.emulator.running import emulation, ended

FRAMES = 3000
DATAGRAM = 768  # truesize of a small one


def generating(**settings: object) -> Settings:
    return Settings(app="generate", **{"send_frames": FRAMES} | settings)  # type: ignore[arg-type]


def generated(name: str, **settings: object) -> Meters:
    """The meters after all frames were sent or refused, and all buffers are back with their owner."""
    made = ended(name, generating(**settings))
    meters = made.sample().meters
    assert meters.sent + meters.unsent == settings.get("send_frames", FRAMES)
    assert meters.allocations == meters.frees + made.datapath.buffers()
    return meters


def test_a_datagram_is_charged_what_its_memory_takes() -> None:
    """Linux: a 18-byte payload's sk_buff has a truesize of 768, one of a whole frame 2304."""
    assert linear_truesize(64) == DATAGRAM
    assert linear_truesize(1518) == 2304
    assert [linear_truesize(length) for length in (600, 9000)] == [1280, 16_640]


@pytest.mark.parametrize("cores", [1, 2])
def test_each_datagram_is_a_system_call_a_copy_and_an_sk_buff(cores: int) -> None:
    meters = generated("kernel", cores=cores)
    assert meters.sent == meters.syscalls == meters.copies == meters.allocations == FRAMES
    assert meters.copied_bytes == FRAMES * 18  # what 64 bytes leave of Ethernet, IPv4, UDP and FCS
    assert meters.mode_switches >= 2 * FRAMES
    for step in ("sock_alloc_send_skb", "udp_send_skb", "ip_output", "doorbell"):
        assert meters.stages[step].count == FRAMES


def test_a_slow_wire_puts_the_sender_to_sleep_and_completions_wake_it() -> None:
    """net/core/sock.c: full at sndbuf; woken once less than half of it is used, not for each."""
    made = emulation(
        "kernel", generating(cores=1, link_gbps=0.1, sndbuf=40 * DATAGRAM, send_frames=400)
    )
    made.recorder.detail = Detail.STEPS
    made.advance(NEVER_PS)
    events, meters = made.release(), made.sample().meters
    queued = [event.queued for event in events if isinstance(event, ev.SendQueued)]
    assert max(queued) == 40 * DATAGRAM
    assert meters.sent == 400
    assert meters.unsent == 0
    woken = [event.time_ps for event in events if isinstance(event, ev.TaskWoken)]
    freed = {event.time_ps: event.queued for event in events if isinstance(event, ev.SendAcknowledged)}
    assert 400 / 40 <= len(woken) == meters.wakeups < 400 / 15
    for time_ps in woken:
        assert min(left for at_ps, left in freed.items() if at_ps <= time_ps) < 20 * DATAGRAM


def test_a_buffer_larger_than_the_qdisc_makes_the_qdisc_drop_and_nobody_hears_of_it() -> None:
    """net/ipv4/udp.c udp_send_skb(): ENOBUFS is no error to a caller who did not ask for errors."""
    meters = generated("kernel", cores=1, link_gbps=0.1, sndbuf=1 << 24, txqueuelen=100, tx_ring=64)
    assert meters.syscalls == FRAMES
    assert meters.unsent > FRAMES / 2
    assert meters.wakeups == 0


def test_the_socket_shows_what_waits() -> None:
    made = emulation("kernel", generating(cores=1, link_gbps=0.1))
    made.advance(10**9)
    (socket,) = made.sample().meters.sockets.values()
    assert socket.send_queued is not None
    assert 100_000 < socket.send_queued <= 212_992


@pytest.mark.parametrize("clones", [0, 10])
def test_pktgen_makes_no_call_no_copy_and_few_sk_buffs(clones: int) -> None:
    meters = generated("kernel", cores=1, generator="pktgen", clone_skb=clones, burst=20)
    rounds = FRAMES / 20
    assert meters.sent == FRAMES
    assert meters.syscalls == meters.copies == meters.mode_switches == 0
    assert meters.allocations == rounds / max(1, clones)
    assert meters.stages["doorbell"].count == rounds
    assert meters.stages["ndo_start_xmit"].count == FRAMES


@pytest.mark.parametrize("cores", [1, 2])
def test_pktgen_tries_on_when_the_ring_is_full_and_never_sleeps(cores: int) -> None:
    meters = generated("kernel", cores=cores, generator="pktgen", link_gbps=1.0, tx_ring=64)
    assert meters.sent == FRAMES
    assert meters.wakeups == 0
    assert sum(core.poll_empty_ps for core in meters.cores) > 10**9  # of two milliseconds of wire


def test_two_threads_have_a_socket_each() -> None:
    made = emulation("kernel", generating(cores=2, queues=2, readers=2))
    made.advance(10**9)
    meters = made.sample().meters
    assert len(meters.sockets) == 2
    assert all(core.user_ps > 10**7 for core in meters.cores)


@pytest.mark.parametrize("cores", [1, 2])
def test_af_xdp_sends_without_a_copy_and_with_hardly_a_call(cores: int) -> None:
    """mlx5e_xsk_update_tx_wakeup(): no wake-up is asked for while a completion is to come."""
    meters = generated("af_xdp", cores=cores, burst=64, send_frames=20_000, tx_wakeup="idle")
    assert meters.sent == 20_000
    assert meters.copies == meters.allocations == 0
    assert meters.syscalls < 20_000 / 64 / 4
    unasked = generated("af_xdp", cores=cores, burst=64, send_frames=20_000, need_wakeup=False)
    assert unasked.syscalls > 20_000 / 64


def test_af_xdp_on_an_intel_adapter_makes_a_call_for_each_batch() -> None:
    """i40e_clean_xdp_tx_irq(): xsk_set_tx_need_wakeup() after each cleaning, without a condition."""
    batches = 20_000 // 64
    meters = generated("af_xdp", cores=1, burst=64, send_frames=20_000)
    assert meters.copies == meters.allocations == 0
    assert batches <= meters.syscalls < 1.2 * batches


def test_af_xdp_in_copy_mode_sends_in_the_call_and_at_most_16_at_once() -> None:
    """Linux net/xdp/xsk.c xsk_generic_xmit(), TX_BATCH_SIZE."""
    meters = generated("af_xdp", cores=1, xdp_mode="copy")
    assert meters.sent == meters.copies == meters.allocations == FRAMES
    assert meters.copied_bytes == FRAMES * 64
    assert meters.syscalls >= FRAMES / 16
    assert meters.stages["doorbell"].count == FRAMES


def test_a_sender_that_never_reads_uses_up_the_chunks_for_receiving() -> None:
    """What is redirected to it stays in RX; then the NIC has nowhere to write."""
    settings = Settings(app="generate", cores=1, burst=64, send_frames=10**6)
    offered = Traffic(rate_pps=2e6).chunks(1)
    made = Emulation(profile.load("xdp18"), settings, SYNTHETIC_HOST, offered, "af_xdp")
    made.advance(3 * 10**9)
    meters = made.sample().meters
    assert meters.in_flight == 2048
    assert meters.missed > 3000
    assert meters.sent > 10_000


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [("generator", "iperf", '"sendto" or "pktgen"'), ("sndbuf", 100, "4608"), ("clone_skb", -1, "0")],
)
def test_absurd_settings_are_refused(key: str, value: object, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        emulation("kernel", generating(**{key: value}))
