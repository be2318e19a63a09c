"""The SOURCE word of a running DPDK application; reading its telemetry socket changes nothing of it."""

from kbview.sources.opener import Opener, Word
from kbview.sources.request import Choice
from kbview.tape.source import Heading, Origin, Source, SourceError

_WORD = "dpdk"


class DpdkOpener(Opener):
    """`dpdk` for the only one there is, or `dpdk:PREFIX`."""

    name = "dpdk"
    summary = "a running DPDK application, by its telemetry socket"
    example = "dpdk[:PREFIX]"

    def claims(self, word: Word) -> bool:
        return word.text == _WORD or word.text.startswith(f"{_WORD}:")

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        from kbview.sources.dpdk import socket_path
        from kbview.sources.dpdk.producer import TelemetryProducer
        from kbview.sources.watching.clock import WatchClock
        from kbview.sources.watching.watch import Watch

        choice = self.only(word, choices)
        self.refuse_emulated(word, choice)
        for key, _ in choice.overrides:
            raise SourceError(f"{word.text}: nothing can be set there, not even {key}", 2)
        path = socket_path.choose(word.text.removeprefix(_WORD).removeprefix(":"))
        clock = WatchClock()
        producer = TelemetryProducer(path, clock)
        note = f"{producer.version}, process {producer.pid}"
        heading = Heading(Origin.LIVE, path.parent.name, notes=(note,))
        return [Watch(heading, clock, [producer], choice.frames)]
