"""A journey is whole: shared work, waits with their reason, walls and moves, numbered."""

from itertools import pairwise

import pytest

from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.journey_table import LEAST_WAIT_PS, RowKind, TableRow, table
from kbview.state.journeys import Journeys
from kbview.state.speed import US
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.tape import Tape
from tests.contracts.played import Case, played
from tests.state.tapes import CASES, FRAME_PS, at, folded, tape_of


def rows_of(word: str, datapath: str, position: int) -> list[TableRow]:
    """The table of the last packet that came to its end before a position."""
    tape = tape_of(word, datapath)
    state = folded(tape)
    while state.position < position:
        state.apply(next(tape.read(state.position)))
    journeys = Journeys()
    journeys.follow(tape, state)
    return table(journeys, journeys.ended)


def names(rows: list[TableRow]) -> list[str]:
    events = [row.stop.event for row in rows if row.stop is not None]
    return [getattr(event, "step", type(event).__name__) for event in events]


def test_a_lone_datagram_crosses_the_wall_twice_and_moves_twice() -> None:
    """The reader sleeps in recv(): one system call, entered before the packet came."""
    rows = rows_of("paced-udp", "kernel", 150)
    walls = [row.note for row in rows if row.kind is RowKind.WALL]
    assert walls == [
        "user to kernel by a syscall: mode switch 1 of 2",
        "kernel to user by a syscall: mode switch 2 of 2",
    ]
    moves = [row.note for row in rows if row.note.startswith("move")]
    assert moves == ["move 1 of 2: NIC to ring by DMA", "move 2 of 2: kernel to user by cpu1"]
    told = names(rows)
    for name in ("syscall_enter", "IrqRaised", "try_to_wake_up", "TaskWoken", "napi_complete"):
        assert name in told
    assert told.index("syscall_enter") < told.index("FrameArrived")
    assert told.index("socket_enqueue") < told.index("try_to_wake_up") < told.index("socket_recv")
    waits = " ".join(row.note for row in rows if row.kind is RowKind.WAIT)
    for reason in ("DMA", "interrupt", "core wakes"):
        assert reason in waits


INTERRUPT_IN, INTERRUPT_OUT = "user to kernel by an interrupt", "kernel to user by an interrupt"
CALL_IN, CALL_OUT = "user to kernel by a syscall", "kernel to user by a syscall"
IDLE = (("app_cycles", "1000"),)


def busy_rows(datapath: str, overrides: tuple[tuple[str, str], ...] = ()) -> list[TableRow]:
    """The table of packet 60 of six-switches, soon after it was delivered."""
    tape, state = Tape(), State()
    tape.extend(played(Case("six-switches", datapath, overrides)).records)
    for record in tape.read(tape.start):
        state.apply(record)
        if isinstance(record, ev.PacketDelivered) and record.packet == 61:
            break
    journeys = Journeys()
    journeys.follow(tape, state)
    return table(journeys, 60)


def switches_of(rows: list[TableRow]) -> list[str]:
    """The mode switches, each with the packet's next own event."""
    found: list[str] = []
    after = ""
    for row in reversed(rows):
        if row.kind is RowKind.WALL:
            found.insert(0, f"{row.note.split(':')[0]}, {after}")
        elif row.stop is not None and not row.stop.shared:
            (after,) = names([row])
    return found


def test_the_six_mode_switches_of_the_lecture_are_in_its_order() -> None:
    """Sections 3.2 interrupt, 3.3 and 3.4 softirq, 3.5 read(): to the kernel and back, three times."""
    assert switches_of(busy_rows("kernel-irq")) == [
        f"{INTERRUPT_IN}, descriptor_read",
        f"{INTERRUPT_OUT}, skb_alloc",
        f"{INTERRUPT_IN}, skb_alloc",
        f"{INTERRUPT_OUT}, socket_recv",
        f"{CALL_IN}, socket_recv",
        f"{CALL_OUT}, PacketDelivered",
    ]


def test_with_napi_the_softirq_leaves_user_mode_no_second_time() -> None:
    """kernel/softirq.c __irq_exit_rcu(): the softirq runs before the interrupt returns."""
    assert switches_of(busy_rows("kernel")) == [
        f"{INTERRUPT_IN}, descriptor_read",
        f"{INTERRUPT_OUT}, socket_recv",
        f"{CALL_IN}, socket_recv",
        f"{CALL_OUT}, PacketDelivered",
    ]


@pytest.mark.parametrize("datapath", ["kernel", "kernel-irq"])
def test_on_an_idle_core_the_reader_s_call_alone_switches(datapath: str) -> None:
    """An idle core is in kernel mode; the reader's call began before the packet came."""
    switches = switches_of(busy_rows(datapath, IDLE))
    assert switches == [f"{CALL_IN}, FrameArrived", f"{CALL_OUT}, PacketDelivered"]


def test_a_packet_waits_for_its_interrupt_before_the_mode_switch_and_not_after() -> None:
    """The hardware sets the mode as the interrupt arrives; then the handler misses the cache."""
    rows = busy_rows("kernel-irq")
    ways_in = [at for at, row in enumerate(rows) if row.note.startswith(INTERRUPT_IN)]
    assert len(ways_in) == 2
    reasons = [rows[at - 1].note for at in ways_in]
    assert reasons == [
        "the NIC holds the interrupt back, then it travels to the core",
        "the softirq waits for the core",
    ]
    assert [names(rows[at + 1 : at + 2]) for at in ways_in] == [["cache_pollution"]] * 2


def test_calls_that_took_other_packets_are_not_of_this_journey() -> None:
    """A busy reader took the packets before this packet by calls of their own: recvfrom(2)."""
    rows = rows_of("overload-udp", "kernel", 9000)
    told = names(rows)
    calls = [row for row in rows if row.stop and isinstance(row.stop.event, ev.SyscallEntered)]
    assert len(calls) == told.count("syscall_enter") == told.count("syscall_exit") == 1
    assert all(row.stop is not None and row.stop.shared for row in calls)
    queued, read = told.index("SocketQueued"), told.index("socket_recv")
    assert queued < told.index("SyscallEntered") < read


@pytest.mark.parametrize("position", [1500, 2500, 3000])
def test_a_datagram_that_one_call_reads_has_no_switches_of_other_calls(position: int) -> None:
    """Its own calls are epoll_wait() and recv(): four switches, and no recv() of another datagram."""
    rows = rows_of("udp-bursts.pcap", "kernel", position)
    events = [row.stop.event for row in rows if row.stop is not None]
    assert [one.name for one in events if isinstance(one, ev.SyscallEntered)].count("recv") == 1
    walls = [row.note for row in rows if row.kind is RowKind.WALL]
    assert 2 <= len(walls) <= 4
    assert walls[-1] == f"kernel to user by a syscall: mode switch {len(walls)} of {len(walls)}"


def test_calls_for_other_connections_are_no_switches_of_this_journey() -> None:
    """A server that woke accepts a hundred connections before it reads: epoll_wait(2), accept(2)."""
    source = resolve("short-connections", Choice(datapath="kernel"))
    source.set_detail(Detail.STEPS)
    tape, now_ps = Tape(), 0
    while now_ps < 400 * US:
        now_ps = source.pump(tape, now_ps + FRAME_PS)
    source.close()
    state = folded(tape)
    for event in tape.read(0):
        state.apply(event)
    journeys = Journeys()
    journeys.follow(tape, state)
    rows = table(journeys, 51)
    assert {"SocketQueued", "copy_to_user"} <= set(names(rows))
    switches = [row.note for row in rows if row.kind is RowKind.WALL]
    assert len(switches) == 4
    assert switches[-2:] == [
        "user to kernel by a syscall: mode switch 3 of 4",
        "kernel to user by a syscall: mode switch 4 of 4",
    ]


def test_a_packet_that_is_in_the_socket_waits_for_the_application_and_not_for_a_poll() -> None:
    """Its poll goes on with later packets on the other core; NapiPolled ends no wait of this packet."""
    rows = rows_of("overload-udp", "kernel", 9000)
    queued = next(
        at
        for at, row in enumerate(rows)
        if row.stop is not None and isinstance(row.stop.event, ev.SocketQueued)
    )
    waits = {row.note for row in rows[queued:] if row.kind is RowKind.WAIT}
    assert waits == {"in the socket until the application reads"}


def test_a_poll_mode_driver_crosses_no_wall() -> None:
    rows = rows_of("paced-udp", "dpdk", 120)
    assert rows
    assert not [row for row in rows if row.kind is RowKind.WALL]


@pytest.mark.parametrize(("word", "datapath"), CASES)
def test_no_time_is_left_without_a_reason_and_every_event_is_there_once(
    word: str, datapath: str
) -> None:
    tape = tape_of(word, datapath)
    state = at(tape, min(3000, tape.length))
    journeys = Journeys()
    journeys.follow(tape, state)
    for packet in journeys.packets()[::7]:
        rows = table(journeys, packet)
        stops = journeys.stops(packet)
        told = [row.at for row in rows if row.at is not None]
        left_out = {at for at in range(len(stops)) if at not in told}
        assert all(isinstance(stops[at].event, ev.ModeSwitched) for at in left_out)
        assert told == sorted(set(told))
        assert all(row.note for row in rows if row.kind is not RowKind.EVENT)
        begun = next(at for at, row in enumerate(rows) if row.at is not None)
        ends = [row.time_ps + row.duration_ps for row in rows]
        for number, (_, after) in enumerate(pairwise(rows[begun:]), begun):
            assert after.time_ps - max(ends[: number + 1]) < LEAST_WAIT_PS
