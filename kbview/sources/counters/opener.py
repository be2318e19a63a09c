"""The SOURCE word of this machine's own counters, which everybody may read."""

from kbview.sources.opener import Opener, Word
from kbview.sources.request import Choice
from kbview.tape.source import Heading, Origin, Source, SourceError

_NOTES = (
    "counted by the kernel at different places and times: they need not add up to the packet",
    "core times are in ticks; short interrupts hide in other accounts",
)


class CountersOpener(Opener):
    """`counters`."""

    name = "counters"
    summary = "this machine's own counters; no root needed"
    example = "counters"

    def claims(self, word: Word) -> bool:
        return word.text == "counters"

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        from kbview.sources.counters.producer import CountersProducer
        from kbview.sources.watching.clock import WatchClock
        from kbview.sources.watching.watch import Watch

        choice = self.only(word, choices)
        self.refuse_emulated(word, choice)
        for key, _ in choice.overrides:
            raise SourceError(f"{word.text}: nothing can be set there, not even {key}", 2)
        clock = WatchClock()
        heading = Heading(Origin.LIVE, "this machine", notes=_NOTES)
        return [Watch(heading, clock, [CountersProducer(clock, leading=True)], choice.frames)]
