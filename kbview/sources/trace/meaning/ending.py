"""How a packet's journey ends: delivered to an application, taken by the kernel itself, or dropped."""

from kbview.sources.trace.meaning.flight import Flight
from kbview.sources.trace.meaning.scene import Cpu, Scene
from kbview.tape.events import EventsLost, PacketDelivered, PacketDropped, SkbFreed
from kbview.tape.vocabulary import DropReason, Place, Reason

LOST = DropReason.EVENTS_LOST  # no reason of the kernel's: records are missing, so the end was not seen


def deliver(scene: Scene, time_ps: int, cpu: Cpu, flight: Flight, where: Place) -> None:
    """Somebody has it, and all that were merged with it."""
    for each in _together(flight):
        if each.ended:
            continue
        latency_ps = max(0, (each.seen_ps or time_ps) - each.arrived_ps)
        scene.tell(PacketDelivered(time_ps, cpu.number, each.packet, where, each.length, latency_ps))
        _end(scene, each)


def take_in(scene: Scene, time_ps: int, cpu: Cpu, flight: Flight, where: Place) -> None:
    """The kernel itself was to have it; its sk_buff is freed with that."""
    deliver(scene, time_ps, cpu, flight, where)
    free(scene, time_ps, cpu, flight)


def drop(scene: Scene, time_ps: int, cpu: Cpu, flight: Flight, where: Place, reason: Reason) -> None:
    """It was given up, and its sk_buff freed."""
    for each in _together(flight):
        if not each.ended:
            scene.tell(PacketDropped(time_ps, cpu.number, each.packet, where, reason, each.length))
            _end(scene, each)
    free(scene, time_ps, cpu, flight)


def free(scene: Scene, time_ps: int, cpu: Cpu, flight: Flight) -> None:
    """The sk_buff goes back; merged ones went with their frame when they were merged."""
    for each in _together(flight):
        scene.tell(SkbFreed(time_ps, cpu.number, each.packet))


def _together(flight: Flight) -> list[Flight]:
    return [flight, *flight.merged] if flight.merged else [flight]


def _end(scene: Scene, flight: Flight) -> None:
    if flight.socket is not None:
        flight.socket.discard(flight)
    scene.flights.end(flight)


def lose(scene: Scene, time_ps: int, cpu: Cpu, count: int) -> None:
    """Records of a core are missing: nothing that was under way can be believed any more."""
    scene.tell(EventsLost(time_ps, count))
    for flight in list(scene.flights.by_skb.values()):
        drop(scene, time_ps, cpu, flight, Place.TRACE, LOST)
    for each in scene.cpus.values():
        each.climbing.clear()
        each.sending.clear()
        each.current = each.ready = each.held = each.filled = None
    cpu.run = cpu.interrupt = None
    cpu.line.pop(time_ps, 1)
