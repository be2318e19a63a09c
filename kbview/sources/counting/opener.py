"""The SOURCE word of an interface of this machine by the kernel's tracepoints alone."""

from kbview.sources.opener import Opener, Word
from kbview.sources.request import Choice
from kbview.tape.source import Heading, Origin, Source, SourceError

_PREFIX = "trace:"
_STORIES = "stories"


class TraceOpener(Opener):
    """An interface's name behind the prefix."""

    name = "trace"
    summary = "the kernel's own tracepoints, for one interface; needs root"
    example = "trace:IFACE"
    takes_filter = True

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
        from kbview.sources.choosing.wanted import wanted_packets
        from kbview.sources.counting.opening import counted
        from kbview.sources.trace.live import interface
        from kbview.sources.trace.meaning import capabilities
        from kbview.sources.watching.clock import WatchClock
        from kbview.sources.watching.watch import Watch

        choice = self.only(word, choices)
        self.refuse_emulated(word, choice)
        stories = _stories(word, choice)
        device = word.text.removeprefix(_PREFIX)
        index = interface.check(device)
        wanted = wanted_packets(word.text, choice, device)
        clock = WatchClock()
        producers = counted(device, clock, index, stories=stories, wanted=wanted)
        heading = Heading(Origin.LIVE, word.text, notes=(*wanted.notes, *capabilities.NOTES))
        watch = Watch(heading, clock, producers, choice.frames, wanted.label)
        watch.privileged = True  # to remove the instance, and to follow tasks that turn up
        return [watch]


def _stories(word: Word, choice: Choice) -> bool:
    """Whether packets are told while the interface is busy: `--set stories=off`."""
    stories = "on"
    for key, text in choice.overrides:
        if key != _STORIES:
            raise SourceError(f"{word.text}: {key} cannot be set there; only {_STORIES}=on or off", 2)
        stories = text
    if stories not in ("on", "off"):
        raise SourceError(f"{_STORIES} = {stories!r} is neither on nor off", 2)
    return stories == "on"
