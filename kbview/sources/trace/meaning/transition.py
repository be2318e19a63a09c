"""How a packet's journey ends: an application or the kernel has it, it is dropped, or it is unseen."""

from kbview.sources.trace.meaning.machine_state import Cpu, MachineState
from kbview.sources.trace.meaning.tracked_skb import SocketQueue, TrackedSkb
from kbview.tape.event import NO_LATENCY
from kbview.tape.events import (
    EndUnseen,
    EventsLost,
    PacketDelivered,
    PacketDropped,
    SkbFreed,
    SocketQueued,
)
from kbview.tape.vocabulary import Place, Reason


def deliver(
    machine: MachineState,
    time_ps: int,
    cpu: Cpu,
    tracked: TrackedSkb,
    where: Place,
    *,
    timed: bool = True,
) -> None:
    """The addressee has it, and all packets merged with it. `timed`: whether it is known since when."""
    for each in _together(tracked):
        if each.ended:
            continue
        taken_ps = (each.seen_ps or time_ps) - each.arrived_ps
        latency_ps = max(0, taken_ps) if timed else NO_LATENCY
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


def lose_sight(machine: MachineState, time_ps: int, cpu: Cpu, tracked: TrackedSkb) -> None:
    """No record tells how the packet ended: it is neither delivered nor dropped."""
    for each in _together(tracked):
        if not each.ended:
            machine.tell(EndUnseen(time_ps, cpu.number, each.packet))
            _end(machine, each)


def free(machine: MachineState, time_ps: int, cpu: Cpu, tracked: TrackedSkb) -> None:
    """The sk_buff goes back; a merged sk_buff goes with the frame it was merged into."""
    for each in _together(tracked):
        machine.tell(SkbFreed(time_ps, cpu.number, each.packet))


def _together(tracked: TrackedSkb) -> list[TrackedSkb]:
    return [tracked, *tracked.merged] if tracked.merged else [tracked]


def _end(machine: MachineState, tracked: TrackedSkb) -> None:
    if tracked.socket is not None:
        tracked.socket.discard(tracked)
    machine.tracked_skbs.end(tracked)


def hide(machine: MachineState, tracked: TrackedSkb) -> None:
    """Tell nothing of the packet, unless the tape has its arrival already."""
    if tracked.arrived_ps >= machine.outbox.released_ps:
        for each in _together(tracked):
            machine.outbox.hidden.add(each.packet)
            _end(machine, each)


def lose(machine: MachineState, time_ps: int, cpu: Cpu, count: int) -> None:
    """Records of a core are missing, `count` of them or, if 0, an unknown number.

    They may have told the end of any packet that was under way.
    """
    machine.tell(EventsLost(time_ps, count))
    for tracked in machine.tracked_skbs.under_way():
        lose_sight(machine, time_ps, cpu, tracked)
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

    Its bytes will be read together with the gap's, so it is counted in the same queue.
    """
    if tracked is not None and tracked.home is not None and not tracked.ended and not tracked.socket:
        enqueue(machine, time_ps, cpu, tracked, tracked.home)
