"""The SOURCE word `lab`."""

from typing import TYPE_CHECKING

import msgspec

from kbview.sources.opener import Opener, Word
from kbview.sources.request import Choice
from kbview.tape.source import Source, SourceError

if TYPE_CHECKING:
    from kbview.sources.workers.load import Load

# `tour`: milliseconds with each receiver, then the next, round and round.
_KEYS = {
    "traffic.size": "size",
    "traffic.flows": "flows",
    "traffic.burst": "burst",
    "tour": "tour",
}
_MS_PS = 10**9


class LabOpener(Opener):
    """One lab for each choice."""

    name = "lab"
    summary = "real traffic on a veth pair of its own, through real receivers"
    example = "lab"

    def claims(self, word: Word) -> bool:
        return word.text == "lab"

    def datapaths(self) -> tuple[str, ...]:
        from kbview.sources.lab.source import datapaths

        return datapaths()

    def can_run(self) -> str | None:
        from kbview.sources.linux.namespace import refusal

        return refusal()

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        from kbview.sources.lab.source import Lab

        self.refuse_emulated(word, msgspec.structs.replace(choices[0], rate_pps=None))  # it has one
        return [
            Lab(choice.datapath or "kernel", *_settings(choice), choice.frames) for choice in choices
        ]


def _settings(choice: Choice) -> "tuple[Load, int | None]":
    """The load, and how long a tour stays with each receiver."""
    from kbview.sources.workers.load import Load

    values = {_name(key): _number(key, text) for key, text in choice.overrides}
    if choice.rate_pps is not None:
        values["rate"] = round(choice.rate_pps)
    tour_ms = values.pop("tour", None)
    return Load(**values).checked(), tour_ms * _MS_PS if tour_ms else None


def _name(key: str) -> str:
    if key not in _KEYS:
        raise SourceError(f"lab: {key} cannot be set here; there are {', '.join(_KEYS)}", 2)
    return _KEYS[key]


def _number(key: str, text: str) -> int:
    if not text.isdecimal():
        raise SourceError(f"lab: {key} = {text!r} is not a whole number", 2)
    return int(text)
