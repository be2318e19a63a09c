"""The SOURCE word of this machine's own counters, which everybody may read."""

from kbview.sources.opener import Opener, Word
from kbview.sources.request import Choice
from kbview.tape.source import Heading, Origin, Source, SourceError

_NOTES = (
    "counted by the kernel at different places and times: they need not add up to the packet",
    "core times are in ticks; short interrupts hide in other accounts",
)

_OF_SOCKETS = "the filter chooses sockets; totals count all packets"


class CountersOpener(Opener):
    """`counters`."""

    name = "counters"
    summary = "this machine's own counters; no root needed"
    example = "counters"
    takes_filter = True

    def claims(self, word: Word) -> bool:
        return word.text == "counters"

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        from kbview.sources.choosing.socket_filter import OF_SOCKETS
        from kbview.sources.choosing.wanted import wanted_packets
        from kbview.sources.counters.producer import CountersProducer
        from kbview.sources.watching.clock import WatchClock
        from kbview.sources.watching.watch import Watch

        choice = self.only(word, choices)
        self.refuse_emulated(word, choice)
        for key, _ in choice.overrides:
            raise SourceError(f"{word.text}: nothing can be set there, not even {key}", 2)
        wanted = wanted_packets(word.text, choice, "", OF_SOCKETS)
        clock = WatchClock()
        chosen = (_OF_SOCKETS,) if wanted.text or wanted.own else ()
        heading = Heading(Origin.LIVE, "this machine", notes=(*wanted.notes, *chosen, *_NOTES))
        counters = CountersProducer(clock, leading=True, wanted=wanted)
        return [Watch(heading, clock, [counters], choice.frames, wanted.label)]
