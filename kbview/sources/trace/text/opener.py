"""The SOURCE word of a recorded kernel trace; its first bytes say that it is a trace."""

from kbview.sources.opener import Opener, Word
from kbview.sources.request import Choice
from kbview.tape.source import Source, SourceError

_DEVICE, _CLOCK = "device", "clock"


class TraceTextOpener(Opener):
    """A file that `trace_pipe`, `trace-cmd report`, `perf script` or `retis collect` wrote."""

    name = "trace text"
    summary = "a kernel trace from any machine, as text"
    example = "trace.txt"

    def claims(self, word: Word) -> bool:
        from kbview.sources.trace.text import recognition

        return bool(word.head) and recognition.looks_like_one(word.head)

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        from kbview.sources.trace.text import recognition
        from kbview.sources.trace.text.source import open_trace_text

        choice = self.only(word, choices)
        self.refuse_emulated(word, choice)
        if binary := recognition.binary(word.head):
            raise SourceError(f"{word.title}: {binary}")
        device, clock_said = _set(word, choice)
        return [open_trace_text(word, device, clock_said=clock_said)]


def _set(word: Word, choice: Choice) -> tuple[str | None, bool]:
    """The interface of `--set device=NAME`, None without it, and whether there is `--set clock=ns`."""
    device, clock_said = None, False
    for key, value in choice.overrides:
        if key == _DEVICE:
            device = value
        elif key != _CLOCK:
            raise SourceError(f"{word.title}: {key} is for the emulator; use {_DEVICE}=INTERFACE", 2)
        elif value != "ns":
            raise SourceError(f"{word.title}: {_CLOCK} can only be ns, not {value!r}", 2)
        else:
            clock_said = True
    return device, clock_said
