"""The SOURCE word of a live interface."""

from kbview.sources.opener import Opener, Word
from kbview.sources.request import Choice
from kbview.tape.source import Source

_PREFIX = "live:"


class InterfaceOpener(Opener):
    """`live:IFACE`."""

    name = "live"
    summary = "an interface of this machine, by an AF_PACKET ring beside the stack; read-only"
    example = "live:IFACE"
    takes_filter = True

    def claims(self, word: Word) -> bool:
        return word.text.startswith(_PREFIX)

    def can_run(self) -> str | None:
        from kbview.sources.interface.source import refusal

        return refusal()

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        from kbview.sources.interface.source import watch_interface

        choice = self.only(word, choices)
        self.refuse_emulated(word, choice)
        return [watch_interface(word.text.removeprefix(_PREFIX), choice)]
