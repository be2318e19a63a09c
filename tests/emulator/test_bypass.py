"""What each way past the stack is for: its copies, its calls, its rings. CALIBRATION part 4."""

from itertools import pairwise

import pytest

from kbview.emulator.datapaths.af_xdp.xsk import XdpMode
from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape import events as ev
from kbview.tape.vocabulary import RingKind
from tests.emulator.running import after, emulation, finished, told

FRAMES = 4000
STEADY = Traffic(pattern="poisson", rate_pps=1_000_000, frames=FRAMES)
SPARSE = Traffic(rate_pps=20_000, frames=200)
FLOOD = Traffic(rate_pps=2e7, flows=4)


# ---- AF_PACKET ------------------------------------------------------------------------------------


def test_a_packet_ring_copies_once_and_hardly_calls() -> None:
    """Linux Documentation/networking/packet_mmap.rst: one copy into the ring, none to the user."""
    meters = finished("af_packet", Settings(block_bytes=16_384), STEADY)
    assert meters.delivered == meters.copies == meters.allocations == meters.frees == FRAMES
    assert meters.syscalls < FRAMES / 20


def test_a_block_is_handed_over_full_under_load_and_by_its_timer_at_rest() -> None:
    busy = told("af_packet", Settings(block_bytes=16_384), STEADY)
    quiet = told("af_packet", Settings(retire_us=100.0), SPARSE)
    full = [event for event in busy if isinstance(event, ev.BlockRetired)]
    late = [event for event in quiet if isinstance(event, ev.BlockRetired)]
    assert all(not event.timed_out for event in full[:-1])
    assert all(event.timed_out for event in late)
    assert sum(event.packets for event in full) == FRAMES


@pytest.mark.parametrize("retire_us", [100, 200])
def test_a_block_at_rest_is_handed_over_when_its_time_is_up(retire_us: int) -> None:
    """net/packet/af_packet.c, retire_blk_tov: no block stays with the kernel for longer."""
    events = told("af_packet", Settings(retire_us=float(retire_us)), SPARSE)
    open_ps, times_ps = 0, []
    for event in events:
        if isinstance(event, ev.Copied):
            open_ps = open_ps or event.time_ps
        elif isinstance(event, ev.BlockRetired):
            times_ps.append(event.time_ps - open_ps)
            open_ps = 0
    assert len(times_ps) > 10
    assert 0.4 * retire_us * 10**6 < max(times_ps) < 1.05 * retire_us * 10**6


def test_the_timer_of_a_block_runs_in_a_softirq_after_the_interrupt_of_the_clock() -> None:
    """net/packet/af_packet.c: timer_setup() up to Linux 6.17, HRTIMER_MODE_REL_SOFT from 6.18 on."""
    events = told("af_packet", Settings(retire_us=100.0), SPARSE)
    steps = [event for event in events if isinstance(event, ev.StepTaken)]
    retired = [at for at, step in enumerate(steps) if step.step == "tpacket_retire"]
    assert len(retired) > 10
    assert {steps[at].account for at in retired} == {"softirq"}
    idle = [at for at in retired if steps[at - 1].step == "softirq_dispatch"]  # no softirq ran before
    assert {(steps[at - 2].step, steps[at - 2].account) for at in idle} == {("hardirq", "hardirq")}


def test_the_timer_of_a_block_counts_from_its_opening_and_not_from_its_first_packet() -> None:
    """net/packet/af_packet.c prb_open_block(): _prb_refresh_rx_retire_blk_timer(), also when empty."""
    events = told("af_packet", Settings(retire_us=100.0), SPARSE)
    opened_ps = [0, *(one.time_ps for one in events if isinstance(one, ev.BlockRetired))]
    waits_us = [(later - sooner) / 10**6 for sooner, later in pairwise(opened_ps)]
    assert len(waits_us) > 10
    for wait_us in waits_us:  # a multiple, but for interrupts and a softirq that runs already
        assert wait_us % 100 < 20


def test_when_the_user_owns_every_block_the_ring_drops_and_the_stack_does_not() -> None:
    slow = Settings(blocks=2, block_bytes=16_384, app_cycles=20_000.0)
    meters = finished("af_packet", slow, STEADY)
    assert meters.drops["block/PACKET_SOCK_ERROR"] == meters.dropped > 0
    assert meters.allocations == meters.frees == FRAMES


# ---- AF_XDP ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "copies"), [("zero_copy", 0), ("copy", FRAMES)])
def test_an_xdp_socket_has_no_sk_buff_and_copies_only_in_copy_mode(mode: XdpMode, copies: int) -> None:
    """Linux Documentation/networking/af_xdp.rst."""
    meters = finished("af_xdp", Settings(xdp_mode=mode), STEADY)
    assert meters.delivered == FRAMES
    assert (meters.copies, meters.allocations) == (copies, 0)


def test_without_need_wakeup_driver_and_application_starve_each_other_on_one_core() -> None:
    """M. Karlsson, need_wakeup cover letter, 2019: 0.06 against 8.2 Mpps."""
    settings = {"cores": 1, "app": "drop", "ring": 512, "burst": 64}
    asked, spinning = (
        after(12_000, emulation("af_xdp", Settings(**settings, need_wakeup=flag), FLOOD)).dropped  # type: ignore[arg-type]
        for flag in (True, False)
    )
    assert asked > 20 * spinning


def test_a_chunk_is_never_lost() -> None:
    made = Emulation(
        profile.load("xdp18"), Settings(app="forward"), SYNTHETIC_HOST, STEADY.chunks(1), "af_xdp"
    )
    made.advance(NEVER_PS)
    rings = {ring.kind: ring for ring in made.sample().meters.rings}
    chunks = rings[RingKind.FILL].done + rings[RingKind.XSK_RX].done + rings[RingKind.COMPLETION].done
    in_nic = rings[RingKind.RX].free + rings[RingKind.RX].cleaned
    assert chunks + in_nic + rings[RingKind.TX].done == 2048


# ---- netmap ---------------------------------------------------------------------------------------


def test_netmap_sleeps_at_rest_and_shares_its_calls_under_load() -> None:
    """netmap(4): poll() sleeps until the NIC interrupts; under load it finds slots and does not."""
    quiet, busy = (
        finished("netmap", Settings(), offered)
        for offered in (SPARSE, Traffic(rate_pps=12_000_000, frames=40_000))
    )
    assert quiet.wakeups == quiet.interrupts == quiet.delivered == 200
    assert quiet.syscalls >= quiet.delivered
    assert busy.syscalls < busy.delivered / 5
    assert busy.interrupts <= busy.delivered / 32  # moderation: 32 frames or 16 us
    assert quiet.copies == busy.copies == quiet.allocations == busy.allocations == 0


# ---- sending --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dpdk", "netmap"])
def test_a_sender_fills_the_wire_and_no_more(name: str) -> None:
    """14.88 Mpps of 64 bytes at 10 Gb/s: IEEE 802.3."""
    settings = Settings(app="generate", link_gbps=10.0, burst=256, send_frames=50_000)
    made = Emulation(profile.load("xdp18"), settings, SYNTHETIC_HOST, iter(()), name)
    made.advance(NEVER_PS)
    meters = made.sample().meters
    assert meters.sent == 50_000
    assert 50_000 * 1e6 / made.now_ps == pytest.approx(14.88, rel=0.02)


def test_a_burst_that_does_not_fill_a_line_shares_it_with_the_nic() -> None:
    """ixy-languages: batch 1 costs four times batch 32."""
    each = {}
    for burst in (1, 4, 32):
        settings = Settings(cores=1, app="forward", burst=burst, clock_mhz=1600, link_gbps=20.0)
        offered = Traffic(rate_pps=2.9e7)
        made = Emulation(profile.load("ixy19"), settings, SYNTHETIC_HOST, offered.chunks(1), "dpdk")
        made.advance(10**9)
        each[burst] = made.sample().meters
    assert each[32].sent > 3.5 * each[1].sent
    assert each[1].stages["descriptor_line"].count == pytest.approx(each[1].delivered, rel=0.05)
    assert "descriptor_line" not in each[32].stages or each[32].stages["descriptor_line"].count < 3


# ---- AF_XDP that sleeps ---------------------------------------------------------------------------


def test_a_reader_that_sleeps_in_poll_spins_no_more() -> None:
    """xdpsock --poll: poll() on an empty RX ring; xsk_rcv() wakes the reader by sk_data_ready."""
    spinning = finished("af_xdp", Settings(xdp_mode="copy"), SPARSE)
    sleeping = finished("af_xdp", Settings(xdp_mode="copy", xsk_wait="poll"), SPARSE)
    frames = SPARSE.frames
    assert sleeping.delivered == spinning.delivered == sleeping.copies == frames
    assert spinning.empty_polls > 100 * frames
    assert sleeping.empty_polls < 3 * frames
    assert sleeping.syscalls == pytest.approx(frames, abs=2)
    assert sleeping.wakeups == pytest.approx(frames, abs=2)
    assert sleeping.context_switches == pytest.approx(2 * frames, abs=3)
    assert spinning.context_switches < 5


def test_a_reader_that_sleeps_sends_all_that_it_echoes() -> None:
    settings = Settings(app="echo", xsk_wait="poll")
    meters = finished("af_xdp", settings, SPARSE)
    assert meters.sent == meters.arrived == SPARSE.frames
