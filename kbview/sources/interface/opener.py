"""A live interface: whatever there is to watch it with, in one source.

The tap's ring leads: it tells every packet at little cost. Tracepoints tell more, at a hundred times
the cost (docs/tracing.md); where they are asked for they lead, and the ring is shown beside them.
"""

from contextlib import ExitStack

from kbview.sources.counters.producer import CountersProducer
from kbview.sources.interface.ring.opening import open_ring
from kbview.sources.interface.ring.producer import BesideRing, RingProducer
from kbview.sources.interface.ring.settings import RingSettings
from kbview.sources.opener import Opener, Word
from kbview.sources.request import Choice
from kbview.sources.trace.live import interface as traced
from kbview.sources.trace.live.producer import TraceProducer
from kbview.sources.trace.meaning import known
from kbview.sources.watching.clock import Clock
from kbview.sources.watching.producer import Producer
from kbview.sources.watching.watch import Watch
from kbview.tape.source import Heading, Origin, Source, SourceError

_PREFIX = "live:"
TRACE = "trace"  # the setting that asks for tracepoints


class Live(Opener):
    """`live:IFACE`."""

    name = "live"
    summary = "an interface of this machine, by an AF_PACKET ring beside the stack; read-only"
    example = "live:IFACE"

    def claims(self, word: Word) -> bool:
        return word.text.startswith(_PREFIX)

    def can_run(self) -> str | None:
        try:
            open_ring("live IFACE", RingSettings(ring=2, block=1 << 16)).close()
        except SourceError as error:
            return str(error)
        return None

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        choice = self.only(word, choices)
        self.refuse_emulated(word, choice)
        interface = word.text.removeprefix(_PREFIX)
        overrides = dict(choice.overrides)
        tracing = _is_on(overrides.pop(TRACE, "off"))
        settings = RingSettings()
        for key, text in overrides.items():
            settings = settings.override(key, text)
        clock = Clock()
        producers = _producers(interface, clock, settings, choice.promiscuous, tracing)
        notes = known.NOTES if tracing else ()
        watch = Watch(Heading(Origin.LIVE, interface, notes=notes), clock, producers, choice.frames)
        watch.privileged = tracing  # to remove the trace instance, and to follow tasks that turn up
        return [watch]


def _is_on(text: str) -> bool:
    if text not in ("on", "off"):
        raise SourceError(f"{TRACE} = {text!r} is neither on nor off", 2)
    return text == "on"


def _producers(
    interface: str, clock: Clock, settings: RingSettings, promiscuous: bool, tracing: bool
) -> list[Producer]:
    """The one that leads first; those beside it tell what it cannot know."""
    with ExitStack() as opened:

        def kept(producer: Producer) -> Producer:
            opened.callback(producer.close)
            return producer

        tap = BesideRing if tracing else RingProducer
        producers = [kept(tap(interface, clock, settings, promiscuous=promiscuous))]
        if tracing:
            index = traced.check(interface)
            producers.insert(0, kept(TraceProducer(interface, clock, index=index)))
        producers.append(kept(CountersProducer(clock, interface)))
        opened.pop_all()
    return producers
