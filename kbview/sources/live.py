"""A live interface: whatever there is to watch it with, in one source."""

from kbview.sources.choice import Choice
from kbview.sources.clock import Clock
from kbview.sources.opener import Opener, Word
from kbview.sources.packet_ring.producer import RingProducer
from kbview.sources.packet_ring.settings import RingSettings
from kbview.sources.producer import Producer
from kbview.sources.watch import Watch
from kbview.tape.source import Heading, Origin, Source, SourceError

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
        _refuse(word, choice)
        settings = RingSettings()
        for key, text in choice.overrides:
            settings = settings.override(key, text)
        clock = Clock()
        producers = _producers(interface, clock, settings, choice)
        heading = Heading(Origin.LIVE, interface)
        return [Watch(heading, clock, producers, choice.frames)]


def _producers(interface: str, clock: Clock, settings: RingSettings, choice: Choice) -> list[Producer]:
    """The one that leads first; what cannot run beside it is left out, with its reason."""
    return [RingProducer(interface, clock, settings, promiscuous=choice.promiscuous)]


def _refuse(word: Word, choice: Choice) -> None:
    """What only makes sense where traffic is made or replayed."""
    asked = {
        "--profile": choice.profile,
        "--seed": choice.seed,
        "--host": choice.host,
        "--rate": choice.rate_pps,
    }
    for flag, value in asked.items():
        if value is not None:
            raise SourceError(f"{word.text}: {flag} is for the emulator; this is measured", 2)
