"""Into a socket's queue: told the same whoever finds out."""

from kbview.sources.trace.meaning.flight import Flight
from kbview.sources.trace.meaning.queue import SocketQueue
from kbview.sources.trace.meaning.scene import Cpu, Scene
from kbview.tape.events import SocketQueued
from kbview.tape.vocabulary import Place


def enqueue(scene: Scene, time_ps: int, cpu: Cpu, flight: Flight, queue: SocketQueue) -> None:
    """The packet waits in this queue now."""
    flight.layer = Place.TCP if queue.stream else Place.UDP
    queue.put(flight)
    scene.tell(SocketQueued(time_ps, cpu.number, flight.packet, queue.key, queue.queued, queue.rcvbuf))


def enqueue_out_of_order(scene: Scene, time_ps: int, cpu: Cpu, flight: Flight | None) -> None:
    """A segment with payload of which no socket was told ready: it fills a gap's other side.

    Its bytes will be read with those of the gap, so it is counted in the same queue.
    """
    if flight is not None and flight.home is not None and not flight.ended and not flight.socket:
        enqueue(scene, time_ps, cpu, flight, flight.home)
