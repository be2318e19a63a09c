"""The SOURCE word of a tape."""

from kbview.sources.opener import Opener, Word
from kbview.sources.request import Choice
from kbview.tape.kbt.block import MARK
from kbview.tape.source import Source, SourceError

SUFFIX = ".kbt"
_NOT_FOR_TAPES = {  # a choice, and the flag that made it
    "profile": "--profile",
    "seed": "--seed",
    "host": "--host",
    "rate_pps": "--rate",
    "frames": "--until with a number of frames",
    "overrides": "--set, --size, --flows, --cores or --ring",
}


class TapeOpener(Opener):
    """A file or pipe that begins as a tape does, or a path that ends in `.kbt`."""

    name = "tape"
    summary = "a recording made by `kbview record`, watched as it grows"
    example = "FILE.kbt"

    def claims(self, word: Word) -> bool:
        return word.head.startswith(MARK) or word.text.endswith(SUFFIX)

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        from kbview.sources.tapes.source import open_tape

        choice = self.only(word, choices)
        for field, flag in _NOT_FOR_TAPES.items():
            if getattr(choice, field) not in (None, ()):
                raise SourceError(f"{word.text}: {flag} changes nothing about what is on a tape", 2)
        return [open_tape(word, follow=choice.follow)]
