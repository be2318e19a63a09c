"""TCP in user space as mTCP has it: two copies each way, batches, nothing shared between cores.

E. Jeong et al., NSDI 2014; its copies are in tcp_ring_buffer.c, api.c, tcp_send_buffer.c, tcp_out.c.
"""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbview.emulator.datapaths.mtcp.io_module import MtcpIo
from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import TOTALS, Meters
from kbview.tape.vocabulary import CopyKind
from tests.emulator.test_tcp import calls, finished, made

HTTP = Settings(app="http", cores=1)


def told(chosen: Settings, offered: Traffic) -> tuple[list[ev.Event], Meters]:
    emulation, _ = made("mtcp", chosen, offered)
    emulation.recorder.detail = Detail.STEPS
    emulation.advance(NEVER_PS)
    return emulation.release(), emulation.sample().meters


def test_text_is_copied_twice_each_way() -> None:
    """Frame, ring, application; application, send buffer, frame. Of these DMA is none."""
    chosen = Settings(app="http", cores=1, request=3000, response=10_000)
    events, meters = told(chosen, calls(5))
    copied: Counter[str] = Counter()
    for event in events:
        if isinstance(event, ev.Copied):
            copied[event.kind] += event.length
    assert copied == {
        "to_ring": 15_000, "to_user": 15_000, "to_send_buffer": 50_000, "to_frame": 50_000,
    }  # fmt: skip
    assert meters.copied_bytes == 130_000
    assert meters.allocations == 0


def test_the_only_system_calls_wake_and_sleep() -> None:
    events, meters = told(HTTP, calls(300, flows=60))
    names = {event.name for event in events if isinstance(event, ev.SyscallEntered)}
    assert names == {"futex"}
    assert meters.interrupts == 0
    assert meters.syscalls < 0.5 * meters.delivered
    woken = [event for event in events if isinstance(event, ev.TaskWoken)]
    assert meters.syscalls == pytest.approx(2 * len(woken), abs=2)


def test_the_more_there_is_to_do_the_less_a_hand_over_costs() -> None:
    """Events and jobs are flushed together, so that a context switch is shared by a batch."""
    switches, batches = [], []
    for clients in (1, 8, 64, 256):
        events, meters = told(HTTP, calls(512, flows=clients))
        sizes = [each.count for each in events if isinstance(each, ev.BatchHandedOver)]
        switches.append(meters.context_switches / 512)
        batches.append(sum(sizes) / len(sizes))
    assert switches == sorted(switches, reverse=True)
    assert batches == sorted(batches)
    assert 3.5 < switches[0] < 4.5  # the connection and its request: there and back each
    assert switches[-1] < 0.5


def test_every_thread_accepts_from_a_queue_of_its_own() -> None:
    """A connection stays on the core that its SYN came to, for RSS sends all of it there."""
    chosen = Settings(app="http", cores=4, queues=4)
    emulation, _ = made("mtcp", chosen, calls(200, flows=40))
    emulation.recorder.detail = Detail.STEPS
    emulation.advance(NEVER_PS)
    queue_of: dict[int, int] = {}
    for event in emulation.release():
        if isinstance(event, ev.FrameArrived):
            queue_of[event.packet] = event.queue
        elif isinstance(event, ev.PacketDelivered):
            assert event.cpu == queue_of[event.packet]
        elif isinstance(event, ev.ConnectionAccepted):
            assert event.socket.endswith(f"#{event.cpu}")
    accepted = [
        socket.received
        for name, socket in emulation.sample().meters.sockets.items()
        if "accept" in name
    ]
    assert len(accepted) == 4
    assert sum(accepted) == 200


def test_the_queues_between_the_threads_are_metered_as_the_events_tell() -> None:
    events, meters = told(HTTP, calls(50))
    level: Counter[str] = Counter()
    for event in events:
        if isinstance(event, (ev.RingProduced, ev.RingConsumed)):
            sign = 1 if isinstance(event, ev.RingProduced) else -1
            level[event.ring] += sign * event.count
            assert level[event.ring] == event.filled
    assert set(level) == {"events", "jobs"}
    assert not any(level.values())
    assert {ring.kind: ring.done for ring in meters.rings if ring.kind in level} == level


def test_a_poll_mode_tcp_thread_never_sleeps() -> None:
    """dpdk_module.c leaves RX_IDLE_ENABLE out: the loop polls on when there is nothing."""
    _, meters = told(HTTP, calls(10, think_us=500))
    core = meters.cores[0]
    assert core.idle_ps == 0
    assert core.poll_empty_ps > 10 * core.poll_useful_ps


def test_what_is_no_tcp_is_dropped_with_a_reason() -> None:
    """ip_in.c: other protocols are dropped; the port is mTCP's, so no kernel sees them either."""
    traffic = Traffic(frames=300).chunks(1)
    emulation = Emulation(profile.load("xdp18"), Settings(), SYNTHETIC_HOST, traffic, "mtcp")
    emulation.advance(NEVER_PS)
    meters = emulation.sample().meters
    assert meters.conserved()
    assert meters.drops == {"ip/IP_NOPROTO": 300}


@given(
    loss=st.sampled_from([0.0, 0.02, 0.1]),
    late=st.sampled_from([0.0, 0.1]),
    request=st.integers(1, 40_000),
    response=st.integers(1, 40_000),
    buffers=st.sampled_from([8192, 131_072]),
    queues=st.integers(1, 3),
    io=st.sampled_from(["dpdk", "psio"]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=20, deadline=None)
def test_exactly_the_bytes_that_were_written_are_read(
    loss: float,
    late: float,
    request: int,
    response: int,
    buffers: int,
    queues: int,
    io: MtcpIo,
    seed: int,
) -> None:
    """Under any loss and any order, on rings that are smaller than what goes through them."""
    chosen = Settings(
        app="http", request=request, response=response, tcp_rcvbuf=buffers, tcp_sndbuf=buffers,
        cores=2, queues=queues, mtcp_io=io,
    )  # fmt: skip
    emulation, clients = made("mtcp", chosen, calls(4, flows=3, loss=loss, late=late), seed)
    while not emulation.ended:
        emulation.advance(emulation.now_ps + 50_000_000 + emulation.now_ps // 100)
        assert emulation.sample().meters.conserved()
    assert clients.failed == 0
    assert clients.answered == clients.finished == 4
    assert clients.received == 4 * response


def test_a_full_ring_closes_the_window_and_loses_nothing() -> None:
    slow = Settings(app="sink", request=400_000, app_cycles=200_000, tcp_rcvbuf=30_000)
    meters, clients = finished("mtcp", slow, calls(2, flows=2))
    assert clients.finished == 2
    assert set(meters.drops) <= {"tcp/TCP_ZEROWINDOW"}  # only what asked for a window


ON_PSIO = Settings(app="http", cores=1, mtcp_io="psio")


def test_on_psio_a_thread_with_nothing_to_do_sleeps() -> None:
    """psio_module.c: a system call a chunk of 64, and ps_select() when a round has found nothing."""
    events, meters = told(ON_PSIO, calls(20, think_us=500))
    names = {event.name for event in events if isinstance(event, ev.SyscallEntered)}
    assert {"ioctl", "futex"} <= names <= {"ioctl", "futex", "tgkill"}  # jobs for who sleeps
    assert meters.interrupts > 0
    core = meters.cores[0]
    assert core.poll_empty_ps == 0
    assert core.idle_ps > core.user_ps + core.syscall_ps


def test_on_psio_system_calls_are_shared_by_a_chunk() -> None:
    calm, busy = (told(ON_PSIO, calls(400, flows=clients))[1] for clients in (1, 200))
    assert busy.syscalls / busy.delivered < 0.2 * calm.syscalls / calm.delivered
    assert busy.context_switches / busy.delivered < 0.2 * calm.context_switches / calm.delivered


def test_on_psio_the_engine_copies_once_more_each_way() -> None:
    events, meters = told(
        Settings(app="http", cores=1, request=1000, response=1000, mtcp_io="psio"), calls(1)
    )
    text = Counter(event.kind for event in events if isinstance(event, ev.Copied))
    assert text[CopyKind.TO_RING] == text[CopyKind.TO_SEND_BUFFER] == text[CopyKind.TO_FRAME] == 1
    assert text[CopyKind.TO_USER] == 1 + meters.arrived  # the ring's, and the engine's of every frame
    assert text[CopyKind.FROM_USER] == meters.sent


@pytest.mark.parametrize("io", ["dpdk", "psio"])
def test_what_was_lost_is_sent_again_by_a_timer_of_the_thread(io: MtcpIo) -> None:
    chosen = Settings(app="http", response=20_000, cores=2, queues=2, mtcp_io=io)
    emulation, clients = made("mtcp", chosen, calls(30, loss=0.05))
    emulation.advance(NEVER_PS)
    meters = emulation.sample().meters
    assert emulation.ended
    assert clients.finished == 30
    assert meters.stages["mtcp_timer"].count > 0


def test_on_psio_meters_agree_with_the_events() -> None:
    chosen = Settings(app="http", cores=2, queues=2, response=20_000, mtcp_io="psio")
    emulation, _ = made("mtcp", chosen, calls(15, loss=0.02))
    emulation.recorder.detail = Detail.STEPS
    state = State()
    state.apply(emulation.sample())
    while not emulation.ended:
        emulation.advance(emulation.now_ps + 50_000_000)
        for event in emulation.release():
            state.apply(event)
    meters = emulation.sample().meters
    coarse, _ = finished("mtcp", chosen, calls(15, loss=0.02))
    for total in TOTALS:
        assert getattr(state.meters, total) == getattr(meters, total), total
        assert getattr(coarse, total) == getattr(meters, total), total
