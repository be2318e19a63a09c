"""An interface of this machine as a source: its ring, its counters and, if asked for, tracepoints.

The ring tells every packet at little cost and leads. Tracepoints tell more at a hundred times the
cost (docs/tracing.md); where they are asked for they lead, and the ring is shown beside them.
"""

from contextlib import ExitStack

from kbview.sources.choosing.socket_filter import OF_SOCKETS
from kbview.sources.choosing.wanted import WantedPackets, wanted_packets
from kbview.sources.counters.producer import CountersProducer
from kbview.sources.counting.opening import packet_counts
from kbview.sources.counting.producer import CountedTrace
from kbview.sources.interface.fate import READ_IN_RING, STACK_FATE, TO_THE_RING, FateProducer
from kbview.sources.interface.ring.opening import open_ring
from kbview.sources.interface.ring.producer import BesideRing, RingProducer
from kbview.sources.linux.packet_ring.settings import RingSettings
from kbview.sources.request import Choice
from kbview.sources.trace.live import interface as traced
from kbview.sources.trace.meaning import capabilities
from kbview.sources.watching.clock import WatchClock
from kbview.sources.watching.producer import Producer
from kbview.sources.watching.watch import Watch
from kbview.tape.source import Heading, Origin, SourceError

TRACE = "trace"  # the setting that asks for tracepoints
FATE = "fate"  # the setting that asks for the stack's drops


def refusal() -> str | None:
    """None, or why no AF_PACKET ring can be opened here."""
    try:
        open_ring("live IFACE", RingSettings(ring=2, block=1 << 16)).close()
    except SourceError as error:
        return str(error)
    return None


def watch_interface(interface: str, choice: Choice) -> Watch:
    """The interface, watched as the choice says; SourceError where it cannot be."""
    overrides = dict(choice.overrides)
    tracing = _is_on(TRACE, overrides.pop(TRACE, "off"))
    fate = _is_on(FATE, overrides.pop(FATE, "on"))
    settings = RingSettings()
    for key, text in overrides.items():
        settings = settings.override(key, text)
    clock = WatchClock()
    tap = BesideRing if tracing else FateProducer if fate else RingProducer
    asked = OF_SOCKETS if not tracing else frozenset[str]()
    wanted = wanted_packets(f"live:{interface}", choice, interface, asked)
    producers = _producers(interface, clock, settings, choice.promiscuous, tap, wanted)
    notes = (*wanted.notes, *(capabilities.NOTES if tracing else (_note(producers[0]),)))
    watch = Watch(
        Heading(Origin.LIVE, interface, notes=notes), clock, producers, choice.frames, wanted.label
    )
    watch.privileged = tracing  # to remove the trace instance, and to follow tasks that turn up
    return watch


def _note(ring: Producer) -> str:
    """Whose fate of the packets the numbers tell."""
    if not isinstance(ring, FateProducer):
        return READ_IN_RING
    return STACK_FATE if ring.knows_fate else TO_THE_RING


def _is_on(key: str, text: str) -> bool:
    if text not in ("on", "off"):
        raise SourceError(f"{key} = {text!r} is neither on nor off", 2)
    return text == "on"


def _producers(
    interface: str,
    clock: WatchClock,
    settings: RingSettings,
    promiscuous: bool,
    tap: type[RingProducer],
    wanted: WantedPackets,
) -> list[Producer]:
    """The first producer defines the datapath; the others add what it cannot measure."""
    with ExitStack() as opened:

        def kept(producer: Producer) -> Producer:
            opened.callback(producer.close)
            return producer

        producers = [kept(tap(interface, clock, settings, promiscuous=promiscuous, wanted=wanted))]
        if tap is BesideRing:
            index = traced.check(interface)
            counts = packet_counts(index, wanted=wanted)
            producers.insert(0, kept(CountedTrace(interface, clock, index, counts, wanted=wanted)))
        producers.append(kept(CountersProducer(clock, interface, wanted=wanted)))
        opened.pop_all()
    return producers
