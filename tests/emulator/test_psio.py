"""PacketShader's I/O engine: what it copies, calls and wakes. Han et al., SIGCOMM 2010, section 4."""

from itertools import pairwise

from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.tape import events as ev
from tests.emulator.running import finished, told

BUSY = Traffic(pattern="poisson", rate_pps=6_000_000, frames=6000, flows=16)
SPARSE = Traffic(rate_pps=20_000, frames=200)


def test_nothing_is_allocated_and_each_way_is_one_copy() -> None:
    received = finished("psio", Settings(burst=64), BUSY)
    assert (received.allocations, received.copies) == (0, 6000)
    assert received.copied_bytes == received.arrived_bytes
    forwarded = finished("psio", Settings(burst=64, app="forward"), BUSY)
    assert forwarded.delivered == forwarded.sent == 6000
    assert (forwarded.allocations, forwarded.copies) == (0, 12_000)


def test_a_cell_is_the_nics_again_in_the_call_that_emptied_it() -> None:
    """copy_rx_packets(): the same cell goes into the descriptor before the call returns."""
    events = told("psio", Settings(burst=16, app_cycles=5000.0), BUSY)
    chunks = [e for e in events if isinstance(e, ev.ChunkMoved) and e.work]
    refills = [e for e in events if isinstance(e, ev.RingRefilled)]
    assert [e.count for e in refills] == [e.work for e in chunks]
    assert max(e.work for e in chunks) == 16
    for chunk, refill in zip(chunks, refills, strict=True):
        assert 0 < refill.time_ps - chunk.time_ps < 2_000_000  # before any of them is worked on


def test_under_load_it_never_sleeps_and_interrupts_stay_off() -> None:
    flood = Traffic(rate_pps=40_000_000, frames=20_000)
    meters = finished("psio", Settings(cores=1, burst=64, app="forward"), flood)
    assert meters.missed > 0
    assert meters.interrupts == meters.wakeups <= 2
    assert meters.syscalls == 2 * -(-meters.delivered // 64) + 1


def test_at_rest_each_packet_interrupts_wakes_and_is_fetched_by_the_thread() -> None:
    """The order of ps_recv_chunk(): look, interrupt on, sleep; the softirq only wakes."""
    events = told("psio", Settings(), SPARSE)
    kinds = (ev.ChunkMoved, ev.IrqUnmasked, ev.IrqRaised, ev.SoftirqEntered, ev.TaskWoken)
    names = [type(e).__name__ for e in events if isinstance(e, kinds)]
    turn = ["ChunkMoved", "IrqUnmasked", "IrqRaised", "SoftirqEntered", "TaskWoken", "ChunkMoved"]
    assert names[:6] == turn
    meters = finished("psio", Settings(), SPARSE)
    assert meters.interrupts == meters.wakeups == 200
    assert meters.syscalls == 200 + 1  # and the one that still waits
    assert meters.cores[0].idle_ps > 0.8 * 200 * 50_000_000


def test_a_thread_takes_its_queues_in_turn() -> None:
    """ps_recv_chunk() begins behind the queue that it served last; core 0 has queues 0, 2 and 4."""
    settings = Settings(cores=2, queues=6, burst=8, app_cycles=3000.0)
    # Consecutive ports spread evenly, so each of the queues always has a chunk.
    spread = Traffic(rate_pps=8_000_000, frames=4000, flows=64, source_ports="consecutive")
    events = told("psio", settings, spread)
    served = [e.queue for e in events if isinstance(e, ev.ChunkMoved) and e.work == 8 and e.cpu == 0]
    assert set(served) == {0, 2, 4}
    turns = sum(after == (before + 2) % 6 for before, after in pairwise(served))
    assert turns > 0.8 * (len(served) - 1)


def test_a_full_transmit_ring_takes_fewer_and_the_rest_is_given_up() -> None:
    meters = finished("psio", Settings(app="forward", link_gbps=1.0, tx_ring=32), BUSY)
    assert meters.drops["tx ring/TX_RING_FULL"] > 0
    assert meters.stages["psio_tx_head"].count > 0


def test_a_sender_comes_back_with_what_found_no_room() -> None:
    settings = Settings(app="generate", send_frames=3000, link_gbps=1.0, tx_ring=64, burst=64)
    meters = finished("psio", settings, Traffic(frames=0))
    assert (meters.sent, meters.unsent) == (3000, 0)
    assert meters.copies == 3000
