"""The SOURCE word of a kernel trace as text; its first line says that it is a trace."""

from kbview.sources.opener import Opener, Word
from kbview.sources.request import Choice
from kbview.sources.trace.text import line
from kbview.tape.source import Source, SourceError

_KEY = "device"


class TraceTextOpener(Opener):
    """What `trace_pipe`, `trace-cmd report` or `perf script` printed."""

    name = "trace text"
    summary = "a kernel trace from any machine, as text"
    example = "trace.txt"

    def claims(self, word: Word) -> bool:
        return line.looks_like_one(word.head)

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        from kbview.sources.trace.text.source import open_trace_text

        choice = self.only(word, choices)
        self.refuse_emulated(word, choice)
        return [open_trace_text(word, _device(word, choice))]


def _device(word: Word, choice: Choice) -> str | None:
    """What `--set device=NAME` says."""
    for key, _ in choice.overrides:
        if key != _KEY:
            raise SourceError(f"{word.title}: {key} is for the emulator; use {_KEY}=INTERFACE", 2)
    return choice.overrides[-1][1] if choice.overrides else None
