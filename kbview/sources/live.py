"""A live interface: whatever there is to watch it with, in one source."""

from kbview.sources.choice import Choice
from kbview.sources.clock import Clock
from kbview.sources.counting.producer import CountersProducer
from kbview.sources.opener import Opener, Word
from kbview.sources.packet_ring.producer import RingProducer
from kbview.sources.packet_ring.settings import RingSettings
from kbview.sources.producer import Producer
from kbview.sources.watch import Watch
from kbview.tape.source import Heading, Origin, Source

_PREFIX = "live:"


class Live(Opener):
    """`live:IFACE`."""

    name = "live"
    summary = "an interface of this machine, read-only"
    example = "live:IFACE"

    def claims(self, word: Word) -> bool:
        return word.text.startswith(_PREFIX)

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        choice = self.only(word, choices)
        interface = word.text.removeprefix(_PREFIX)
        self.refuse_emulated(word, choice)
        settings = RingSettings()
        for key, text in choice.overrides:
            settings = settings.override(key, text)
        clock = Clock()
        producers = _producers(interface, clock, settings, choice)
        heading = Heading(Origin.LIVE, interface)
        return [Watch(heading, clock, producers, choice.frames)]


def _producers(interface: str, clock: Clock, settings: RingSettings, choice: Choice) -> list[Producer]:
    """The one that leads first; counters beside it tell what it cannot know."""
    ring = RingProducer(interface, clock, settings, promiscuous=choice.promiscuous)
    try:
        return [ring, CountersProducer(clock, interface)]
    except BaseException:
        ring.close()
        raise
