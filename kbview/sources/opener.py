"""The Opener contract: one kind of SOURCE word, and the sources that it becomes."""

from abc import ABC, abstractmethod
from io import BufferedReader
from pathlib import Path
from typing import ClassVar

import msgspec

from kbview.sources.request import Choice
from kbview.tape.source import Source, SourceError

_DESCRIPTOR = "/fd/"  # a shell's `<(...)` is /dev/fd/63 or /proc/self/fd/63
HEAD = 1 << 16  # bytes of a file or pipe that an opener may look at; a pipe may give fewer


class Word(msgspec.Struct, frozen=True):
    """A SOURCE word with the first bytes of its file: b"" if it names no readable file.

    `stream` is the pipe that the word names (`-` or a FIFO); its first bytes are still in it.
    """

    text: str
    head: bytes = b""
    stream: BufferedReader | None = None

    @property
    def title(self) -> str:
        """The name on the screen."""
        if self.stream is None:
            return Path(self.text).name
        return "stdin" if self.text == "-" else "pipe" if _DESCRIPTOR in self.text else self.text


class Opener(ABC):
    """Knows one kind of word. `example` is how the help spells it (`resolve.help_text`).
    `takes_filter`: whether `open` heeds a choice's filter.

    The module of an opener is loaded with each command: `open`, `can_run` and `datapaths` import
    their machinery themselves.
    Errors: `open` raises SourceError with one line for a person. `claims` and `can_run` never raise.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    example: ClassVar[str]
    takes_filter: ClassVar[bool] = False

    @abstractmethod
    def claims(self, word: Word) -> bool:
        """Whether the word is of this kind; the first opener in the list that says so gets it."""

    def datapaths(self) -> tuple[str, ...]:
        """The datapaths that a choice may name."""
        from kbview.emulator.datapaths import DATAPATHS

        return tuple(DATAPATHS)

    @abstractmethod
    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        """A source for each choice, of the same traffic; they are to be pumped side by side."""

    def can_run(self) -> str | None:
        """None, or why nothing of this kind can be opened on this machine; the command that would
        help stands behind "; run: ". It tries, and leaves nothing behind."""
        return None

    def only(self, word: Word, choices: list[Choice]) -> Choice:
        """The only choice of a source with a fixed datapath; SourceError if there are more."""
        if len(choices) != 1 or choices[0].datapath is not None:
            raise SourceError(
                f"{word.text}: --datapath is for the emulator; {self.name} shows its own", 2
            )
        return choices[0]

    def refuse_emulated(self, word: Word, choice: Choice) -> None:
        """SourceError if a flag was given that only makes sense where traffic is made or replayed."""
        asked = {
            "--profile": choice.profile,
            "--seed": choice.seed,
            "--host": choice.host,
            "--rate": choice.rate_pps,
        }
        for flag, value in asked.items():
            if value is not None:
                raise SourceError(f"{word.text}: {flag} is for the emulator; this is measured", 2)
