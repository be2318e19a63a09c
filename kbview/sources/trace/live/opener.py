"""The SOURCE word of an interface of this machine by the kernel's tracepoints alone."""

from kbview.sources.opener import Opener, Word
from kbview.sources.request import Choice
from kbview.tape.source import Heading, Origin, Source, SourceError

_PREFIX = "trace:"


class TraceOpener(Opener):
    """An interface's name behind the prefix."""

    name = "trace"
    summary = "the kernel's own tracepoints, for one interface; needs root"
    example = "trace:IFACE"

    def claims(self, word: Word) -> bool:
        return word.text.startswith(_PREFIX)

    def can_run(self) -> str | None:
        from kbview.sources.linux.tracefs import Mount

        try:
            Mount().close()
        except SourceError as error:
            return str(error)
        return None

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        from kbview.sources.trace.live import interface
        from kbview.sources.trace.live.producer import TraceProducer
        from kbview.sources.trace.meaning import capabilities
        from kbview.sources.watching.clock import WatchClock
        from kbview.sources.watching.watch import Watch

        choice = self.only(word, choices)
        self.refuse_emulated(word, choice)
        for key, _ in choice.overrides:
            raise SourceError(f"{word.text}: nothing can be set there, not even {key}", 2)
        device = word.text.removeprefix(_PREFIX)
        index = interface.check(device)
        clock = WatchClock()
        producer = TraceProducer(device, clock, index=index)
        heading = Heading(Origin.LIVE, word.text, notes=capabilities.NOTES)
        watch = Watch(heading, clock, [producer], choice.frames)
        watch.privileged = True  # to remove the instance, and to follow tasks that turn up
        return [watch]
