"""How one event changes the meters: the table that makes a tape of steps and its meters agree."""

from collections.abc import Callable
from typing import Any

from kbview.tape import events as ev
from kbview.tape.meter import CoreMeter, Meters, SocketMeter, StageMeter
from kbview.tape.ring_totals import RING_CHANGES, ring_of

_FIELD_OF = {account: f"{account}_ps" for account in ev.Account}  # a lookup is half a format

_PAGE_WALK = "page_walk"  # the step that is a TLB miss


def count(meters: Meters, event: ev.Event) -> None:
    """Add one event to the totals and levels; an event that changes none is ignored."""
    change = _CHANGES.get(type(event))
    if change is not None:
        change(meters, event)


def _core(meters: Meters, cpu: int) -> CoreMeter:
    """A core; one that was not heard of yet begins here, with all up to it."""
    cores = meters.cores
    while len(cores) <= cpu:
        cores.append(CoreMeter(len(cores)))
    return cores[cpu]


def _arrived(meters: Meters, event: ev.FrameArrived) -> None:
    meters.arrived += 1
    meters.in_flight += 1
    meters.arrived_bytes += event.length


def _missed(meters: Meters, _event: ev.FrameMissed) -> None:
    meters.missed += 1
    meters.in_flight -= 1


def _delivered(meters: Meters, event: ev.PacketDelivered) -> None:
    meters.delivered += 1
    meters.in_flight -= 1
    meters.delivered_bytes += event.length
    if event.latency_ps != ev.NO_LATENCY:
        meters.latency.add((event.latency_ps,))


def _dropped(meters: Meters, event: ev.PacketDropped) -> None:
    meters.drop(event.where, event.reason)
    meters.in_flight -= 1


def _sent(meters: Meters, event: ev.FrameSent) -> None:
    meters.sent += 1
    meters.sent_bytes += event.length


def _unsent(meters: Meters, _event: ev.FrameUnsent) -> None:
    meters.unsent += 1


def _irq_raised(meters: Meters, event: ev.IrqRaised) -> None:
    meters.interrupts += 1
    if ring := ring_of(meters, event.queue):
        ring.masked = True


def _irq_unmasked(meters: Meters, event: ev.IrqUnmasked) -> None:
    if ring := ring_of(meters, event.queue):
        ring.masked = False


def _softirq_entered(meters: Meters, _event: ev.SoftirqEntered) -> None:
    meters.softirqs += 1


def _softirq_exited(meters: Meters, event: ev.SoftirqExited) -> None:
    meters.squeezes += event.squeezed


def _polled(meters: Meters, event: ev.NapiPolled | ev.BurstReceived) -> None:
    meters.polls += 1
    meters.empty_polls += event.work == 0


def _synced(meters: Meters, event: ev.RingSynced | ev.ChunkMoved) -> None:
    if event.direction == "rx":
        meters.polls += 1
        meters.empty_polls += event.work == 0


def _spun(meters: Meters, event: ev.Spun) -> None:
    meters.polls += event.polls
    meters.empty_polls += event.polls
    _core(meters, event.cpu).poll_empty_ps += event.duration_ps


def _step(meters: Meters, event: ev.StepTaken) -> None:
    stage = meters.stages.setdefault(event.step, StageMeter())
    stage.count += 1
    stage.total_ps += event.duration_ps
    if event.step == _PAGE_WALK:
        meters.tlb_misses = (meters.tlb_misses or 0) + 1
    core, field = _core(meters, event.cpu), _FIELD_OF[event.account]
    setattr(core, field, getattr(core, field) + event.duration_ps)


def _allocated(meters: Meters, _event: ev.SkbAllocated) -> None:
    meters.allocations += 1


def _freed(meters: Meters, _event: ev.SkbFreed) -> None:
    meters.frees += 1


def _copied(meters: Meters, event: ev.Copied) -> None:
    meters.copies += 1
    meters.copied_bytes += event.length


def _socket_queued(meters: Meters, event: ev.SocketQueued) -> None:
    socket = meters.sockets.setdefault(event.socket, SocketMeter(event.socket))
    socket.queued, socket.rcvbuf = event.queued, event.rcvbuf
    socket.packets += 1
    socket.received += 1


def _socket_dequeued(meters: Meters, event: ev.SocketDequeued) -> None:
    if socket := meters.sockets.get(event.socket):
        socket.queued = event.queued
        socket.packets -= 1


def _send_queued(meters: Meters, event: ev.SendQueued) -> None:
    socket = meters.sockets.setdefault(event.socket, SocketMeter(event.socket))
    socket.send_queued = event.queued


def _send_acknowledged(meters: Meters, event: ev.SendAcknowledged) -> None:
    if socket := meters.sockets.get(event.socket):
        socket.send_queued = event.queued


def _woken(meters: Meters, _event: ev.TaskWoken) -> None:
    meters.wakeups += 1


def _syscall(meters: Meters, _event: ev.SyscallEntered) -> None:
    meters.syscalls += 1


def _mode_switched(meters: Meters, _event: ev.ModeSwitched) -> None:
    meters.mode_switches += 1


def _context_switched(meters: Meters, event: ev.ContextSwitched) -> None:
    meters.context_switches += 1
    _core(meters, event.cpu).task = event.to


_CHANGES: dict[type[ev.Event], Callable[[Meters, Any], None]] = {
    **RING_CHANGES,
    ev.FrameArrived: _arrived,
    ev.FrameMissed: _missed,
    ev.PacketDelivered: _delivered,
    ev.PacketDropped: _dropped,
    ev.FrameSent: _sent,
    ev.FrameUnsent: _unsent,
    ev.IrqRaised: _irq_raised,
    ev.IrqUnmasked: _irq_unmasked,
    ev.SoftirqEntered: _softirq_entered,
    ev.SoftirqExited: _softirq_exited,
    ev.NapiPolled: _polled,
    ev.BurstReceived: _polled,
    ev.RingSynced: _synced,
    ev.ChunkMoved: _synced,
    ev.Spun: _spun,
    ev.StepTaken: _step,
    ev.SkbAllocated: _allocated,
    ev.SkbFreed: _freed,
    ev.Copied: _copied,
    ev.SocketQueued: _socket_queued,
    ev.SocketDequeued: _socket_dequeued,
    ev.SendQueued: _send_queued,
    ev.SendAcknowledged: _send_acknowledged,
    ev.TaskWoken: _woken,
    ev.SyscallEntered: _syscall,
    ev.ModeSwitched: _mode_switched,
    ev.ContextSwitched: _context_switched,
}
