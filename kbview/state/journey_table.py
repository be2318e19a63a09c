"""A packet's whole journey as a table: its steps, the shared work around them, walls, moves and waits.

-53.5 us  syscall_enter       the reader asks, finds nothing and sleeps      (earlier)
=== user | kernel: mode switch 1 of 2 ===
+0        frame arrived
          300 ns              DMA: the NIC writes frame and descriptor  (wait)
+300 ns   descriptor done     move 1 of 2: NIC to ring by DMA
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import pairwise
from operator import attrgetter
from sys import maxsize
from typing import NamedTuple

from kbview.state.journeys import JourneyEvent, Journeys
from kbview.tape import events as ev
from kbview.tape.event import NO_CPU, Mode
from kbview.tape.steps import RESUMED
from kbview.tape.vocabulary import CopyKind

LEAST_WAIT_PS = 1_000
_POSITION = attrgetter("position")
# What the core that brought the packet somewhere does after it, for all packets together.
_AFTERMATH = frozenset({"try_to_wake_up", "napi_complete", "idle_exit"})
_POLLUTION = "cache_pollution"
_AFTERWARDS = (ev.TaskWoken, ev.NapiPolled, ev.IrqUnmasked)
_MOVES = {
    CopyKind.TO_USER: "kernel to user",
    CopyKind.FROM_USER: "user to kernel",
    CopyKind.TO_RING: "to the shared ring",
    CopyKind.TO_UMEM: "driver's buffer to umem",
    CopyKind.FROM_UMEM: "umem to an sk_buff",
    CopyKind.TO_SEND_BUFFER: "application to send buffer",
    CopyKind.TO_FRAME: "send buffer to frame",
    CopyKind.OTHER: "memory to memory",
}
_WAITS: dict[type[ev.Event], str] = {
    ev.DescriptorDone: "DMA: the NIC writes frame and descriptor",
    ev.IrqRaised: "the NIC holds the interrupt back, then it travels to the core",
    ev.ContextSwitched: "the reader's core wakes, or ends other work",
    ev.SocketDequeued: "in the socket until the application reads",
    ev.SyscallEntered: "in the socket until the application reads",
    ev.DescriptorCleaned: "in the ring until its turn in a poll",
    ev.NapiPolled: "in the ring until its turn in a poll",
    ev.SoftirqEntered: "the softirq waits for the core",
    ev.BurstReceived: "in the ring until the poll-mode driver looks",
    ev.RingSynced: "in the ring until the application syncs it",
    ev.RingConsumed: "in the shared ring until the other side looks",
    ev.ChunkMoved: "in the ring until a chunk is asked for",
    ev.BlockRetired: "in the block until it is full, or timed out",
    ev.BatchHandedOver: "until the batch is handed to the application",
    ev.FrameSent: "behind other frames until the wire is free",
}


_WAITS_OF_STEPS = {
    "socket_recv": _WAITS[ev.SocketDequeued],
    "tcp_recvmsg": _WAITS[ev.SocketDequeued],
    "vfs_read": _WAITS[ev.SocketDequeued],
    "hardirq": _WAITS[ev.IrqRaised],
    "context_switch": _WAITS[ev.ContextSwitched],
    "idle_switch": _WAITS[ev.ContextSwitched],
    "descriptor_read": _WAITS[ev.DescriptorCleaned],
    "napi_poll": _WAITS[ev.NapiPolled],
    "softirq_dispatch": _WAITS[ev.SoftirqEntered],
    "pmd_descriptor": _WAITS[ev.BurstReceived],
    "netmap_rx_slot": _WAITS[ev.RingSynced],
    "psio_rx_cell": _WAITS[ev.ChunkMoved],
}


class RowKind(Enum):
    """An event is of the packet or shared; a wall is a mode switch; a wait is time without an event."""

    EVENT = "event"
    WALL = "wall"
    WAIT = "wait"


class TableRow(NamedTuple):
    """A row. `at` is the number of the event among `Journeys.stops`, None for a row beside them.

    `note` is the text beside the event: the move, the wall, or the reason of a wait.
    """

    kind: RowKind
    time_ps: int
    duration_ps: int
    note: str
    stop: JourneyEvent | None = None
    at: int | None = None


def table(journeys: Journeys, packet: int) -> list[TableRow]:
    """The rows of a packet's journey in the order of time; empty if nothing is known of it."""
    stops = journeys.stops(packet)
    if not stops:
        return []
    numbered = {stop.position: at for at, stop in enumerate(stops)}
    whole = _whole(journeys, stops)
    moves = [stop for stop in whole if _move(stop)]
    walls = [stop for stop in whole if isinstance(stop.event, ev.ModeSwitched)]
    rows: list[TableRow] = []
    end_ps = whole[0].time_ps
    for number, stop in enumerate(whole):
        at = numbered.get(stop.position)
        arrived = any(row.at is not None for row in rows)
        if arrived and stop.time_ps - end_ps >= LEAST_WAIT_PS:
            why = _wait(_goes_on(whole[number:]))
            rows.append(TableRow(RowKind.WAIT, end_ps, stop.time_ps - end_ps, why))
        note, kind = "", RowKind.EVENT
        if isinstance(stop.event, ev.ModeSwitched):
            note, kind = _wall(stop.event, walls.index(stop) + 1, len(walls)), RowKind.WALL
        elif stop in moves:
            note = f"move {moves.index(stop) + 1} of {len(moves)}: {_move(stop)}"
        rows.append(TableRow(kind, stop.time_ps, stop.duration_ps, note, stop, at))
        end_ps = max(end_ps, stop.time_ps + stop.duration_ps)
    return rows


def _whole(journeys: Journeys, stops: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    """The events of a journey with the shared work around them, each once."""
    found = {stop.position: stop for stop in stops if not isinstance(stop.event, ev.ModeSwitched)}
    own = [stop for stop in stops if not stop.shared]
    for at, stop in enumerate(own):
        before = own[at - 1] if at else None
        beside = [*_asked(journeys, before, stop), *_crossed(journeys, before, stop)]
        after = own[at + 1] if at + 1 < len(own) else None
        beside += _returned(journeys, stop, after)
        if after is not None:
            beside += _left_behind(journeys, stop, after)
        found.update((one.position, one) for one in beside)
    return [found[position] for position in sorted(found)]


def _between(journeys: Journeys, cpu: int, first: int, last: int) -> list[JourneyEvent]:
    """The shared events of a core between two positions of the tape."""
    shared = journeys.beside(cpu)
    begin, end = bisect_right(shared, first, key=_POSITION), bisect_left(shared, last, key=_POSITION)
    return list(shared[begin:end])


def _left_behind(journeys: Journeys, stop: JourneyEvent, after: JourneyEvent) -> Iterator[JourneyEvent]:
    """The wake-up and the end of the poll, on a core that another core goes on for."""
    cpu = _cpu(stop)
    if cpu == NO_CPU or _cpu(after) in (cpu, NO_CPU):
        return
    for one in _between(journeys, cpu, stop.position, after.position):
        if isinstance(one.event, ev.SoftirqExited):
            return
        if isinstance(one.event, _AFTERWARDS) or getattr(one.event, "step", "") in _AFTERMATH:
            yield one


def _returned(journeys: Journeys, stop: JourneyEvent, after: JourneyEvent | None) -> list[JourneyEvent]:
    """The return to user mode that ends the interrupt or softirq in which a core had the packet."""
    if _cpu(stop) == NO_CPU:
        return []
    last = maxsize if after is None else after.position
    beside = _between(journeys, _cpu(stop), stop.position, last)
    first = next((one for one in beside if isinstance(one.event, ev.ModeSwitched)), None)
    return [first] if first is not None and _by_interrupt(first, Mode.USER) else []


def _by_interrupt(stop: JourneyEvent, to: Mode) -> bool:
    return isinstance(stop.event, ev.ModeSwitched) and (stop.event.to, stop.event.why) == (to, "irq")


def _polluted(beside: Sequence[JourneyEvent], crossed: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    """The cache misses that an interrupt brings: the step that follows its mode switch."""
    return [
        after
        for wall, after in pairwise(beside)
        if wall in crossed and getattr(after.event, "step", "") == _POLLUTION
    ]


def _crossed(journeys: Journeys, before: JourneyEvent | None, stop: JourneyEvent) -> list[JourneyEvent]:
    """The mode switches before an event of the packet, each with the cache misses that it brings."""
    if before is None or _cpu(stop) == NO_CPU or getattr(stop.event, "step", "").endswith(RESUMED):
        return []  # a step is broken off by the interrupt of another packet
    beside = _between(journeys, _cpu(stop), before.position, stop.position)
    crossed = _entered(journeys, before, stop, beside)
    return [*crossed, *_polluted(beside, crossed)]


def _entered(
    journeys: Journeys, before: JourneyEvent, stop: JourneyEvent, beside: Sequence[JourneyEvent]
) -> list[JourneyEvent]:
    """The mode switches of the calls in which a reader woke and took the packet; else the last one."""
    woken = _woken(beside)
    crossed = _of_outer_calls(beside[woken or 0 :])
    if journeys.taken(_cpu(stop), before.position, stop.position):
        return [one for one in crossed if one.position > _called(journeys, beside, stop)]
    return crossed if woken is not None else crossed[-1:]


def _of_outer_calls(beside: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    """The mode switches before the first of these system calls, and from the last call on.

    A server that woke serves other connections between them: accept(2), epoll_wait(2).
    """
    calls = [at for at, one in enumerate(beside) if isinstance(one.event, ev.SyscallEntered)]
    first, last = (calls[0], calls[-1]) if calls else (0, 0)
    return [
        one
        for at, one in enumerate(beside)
        if isinstance(one.event, ev.ModeSwitched) and not first < at < last
    ]


def _called(journeys: Journeys, beside: Sequence[JourneyEvent], stop: JourneyEvent) -> int:
    """The position of the first call since the core took the packet before; of the stop without one."""
    calls = [one.position for one in beside if isinstance(one.event, ev.SyscallEntered)]
    own = (call for call in calls if not journeys.taken(_cpu(stop), call, stop.position))
    return next(own, stop.position)


def _asked(journeys: Journeys, before: JourneyEvent | None, stop: JourneyEvent) -> list[JourneyEvent]:
    """The entry of the blocked call in which the reader slept when the packet came."""
    if before is None or not isinstance(before.event, ev.SocketQueued):
        return []
    if journeys.taken(_cpu(stop), before.position, stop.position):
        return []  # the call in which the reader slept took an earlier packet
    beside = _between(journeys, _cpu(stop), before.position, stop.position)
    woken = _woken(beside)
    if woken is None or any(isinstance(one.event, ev.SyscallEntered) for one in beside[:woken]):
        return []
    earlier = _between(journeys, _cpu(stop), -1, before.position)
    calls = [at for at, one in enumerate(earlier) if isinstance(one.event, ev.SyscallEntered)]
    asked = earlier[calls[-1] :] if calls else []
    slept = next((at for at, one in enumerate(asked) if _switched(one)), 0)
    return asked[:slept]


def _woken(beside: Sequence[JourneyEvent]) -> int | None:
    """The number of the last context switch among events; None if there is none."""
    return next((at for at in range(len(beside) - 1, -1, -1) if _switched(beside[at])), None)


def _switched(stop: JourneyEvent) -> bool:
    return isinstance(stop.event, ev.ContextSwitched)


def _cpu(stop: JourneyEvent) -> int:
    return int(getattr(stop.event, "cpu", NO_CPU))


def _move(stop: JourneyEvent) -> str:
    """The two ends of a move of the bytes and its mover; "" if the event moves none."""
    match stop.event:
        case ev.DescriptorDone():
            return "NIC to ring by DMA"
        case ev.Copied(kind=kind, cpu=cpu):
            return f"{_MOVES.get(kind, _MOVES[CopyKind.OTHER])} by cpu{cpu}"
        case ev.FrameSent():
            return "ring to NIC by DMA"
    return ""


def _wall(event: ev.ModeSwitched, number: int, count: int) -> str:
    way = "user to kernel" if event.to == Mode.KERNEL else "kernel to user"
    by = "an interrupt" if event.why == "irq" else f"a {event.why}"
    return f"{way} by {by}: mode switch {number} of {count}"


def _goes_on(rest: Sequence[JourneyEvent]) -> JourneyEvent:
    """The event that ends a wait of the packet: not work that a core does after the packet left it.

    An interrupt's mode switch comes before the interrupt; the packet waited for the interrupt.
    """
    rest = [one for one in rest if not _on_entry(one)] or rest
    own = next((stop for stop in rest if not stop.shared), None)
    if own is None or _cpu(own) in (_cpu(rest[0]), NO_CPU) or _cpu(rest[0]) == NO_CPU:
        return rest[0]
    return own


def _on_entry(stop: JourneyEvent) -> bool:
    return _by_interrupt(stop, Mode.KERNEL) or getattr(stop.event, "step", "") == _POLLUTION


def _wait(stop: JourneyEvent) -> str:
    """The reason of a wait before an event."""
    known = _WAITS.get(type(stop.event)) or _WAITS_OF_STEPS.get(getattr(stop.event, "step", ""))
    if known is not None:
        return known
    return "the core does other work first" if _cpu(stop) != NO_CPU else "until the NIC goes on"
