"""How a packet's journey ends: delivered to an application, taken by the kernel itself, or dropped."""

from kbview.sources.trace.meaning.machine_state import Cpu, MachineState
from kbview.sources.trace.meaning.tracked_skb import SocketQueue, TrackedSkb
from kbview.tape.events import EventsLost, PacketDelivered, PacketDropped, SkbFreed, SocketQueued
from kbview.tape.vocabulary import DropReason, Place, Reason

LOST = DropReason.EVENTS_LOST  # no reason of the kernel's: records are missing, so the end was not seen


def deliver(machine: MachineState, time_ps: int, cpu: Cpu, tracked: TrackedSkb, where: Place) -> None:
    """Somebody has it, and all that were merged with it."""
    for each in _together(tracked):
        if each.ended:
            continue
        latency_ps = max(0, (each.seen_ps or time_ps) - each.arrived_ps)
        machine.tell(PacketDelivered(time_ps, cpu.number, each.packet, where, each.length, latency_ps))
        _end(machine, each)


def take_in(machine: MachineState, time_ps: int, cpu: Cpu, tracked: TrackedSkb, where: Place) -> None:
    """The kernel itself was to have it; its sk_buff is freed with that."""
    deliver(machine, time_ps, cpu, tracked, where)
    free(machine, time_ps, cpu, tracked)


def drop(
    machine: MachineState, time_ps: int, cpu: Cpu, tracked: TrackedSkb, where: Place, reason: Reason
) -> None:
    """It was given up, and its sk_buff freed."""
    for each in _together(tracked):
        if not each.ended:
            machine.tell(PacketDropped(time_ps, cpu.number, each.packet, where, reason, each.length))
            _end(machine, each)
    free(machine, time_ps, cpu, tracked)


def free(machine: MachineState, time_ps: int, cpu: Cpu, tracked: TrackedSkb) -> None:
    """The sk_buff goes back; merged ones went with their frame when they were merged."""
    for each in _together(tracked):
        machine.tell(SkbFreed(time_ps, cpu.number, each.packet))


def _together(tracked: TrackedSkb) -> list[TrackedSkb]:
    return [tracked, *tracked.merged] if tracked.merged else [tracked]


def _end(machine: MachineState, tracked: TrackedSkb) -> None:
    if tracked.socket is not None:
        tracked.socket.discard(tracked)
    machine.tracked_skbs.end(tracked)


def lose(machine: MachineState, time_ps: int, cpu: Cpu, count: int) -> None:
    """Records of a core are missing: nothing that was under way can be believed any more."""
    machine.tell(EventsLost(time_ps, count))
    for tracked in list(machine.tracked_skbs.by_skb.values()):
        drop(machine, time_ps, cpu, tracked, Place.TRACE, LOST)
    for each in machine.cpus.values():
        each.climbing.clear()
        each.sending.clear()
        each.current = each.ready = each.held = each.filled = None
    cpu.run = cpu.interrupt = None
    cpu.ledger.pop(time_ps, 1)


def enqueue(
    machine: MachineState, time_ps: int, cpu: Cpu, tracked: TrackedSkb, queue: SocketQueue
) -> None:
    """The packet waits in this queue now."""
    tracked.layer = Place.TCP if queue.stream else Place.UDP
    queue.put(tracked)
    machine.tell(
        SocketQueued(time_ps, cpu.number, tracked.packet, queue.key, queue.queued, queue.rcvbuf)
    )


def enqueue_out_of_order(
    machine: MachineState, time_ps: int, cpu: Cpu, tracked: TrackedSkb | None
) -> None:
    """A segment with payload of which no socket was told ready: it fills a gap's other side.

    Its bytes will be read with those of the gap, so it is counted in the same queue.
    """
    if tracked is not None and tracked.home is not None and not tracked.ended and not tracked.socket:
        enqueue(machine, time_ps, cpu, tracked, tracked.home)
