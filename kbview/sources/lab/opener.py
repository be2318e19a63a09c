"""The SOURCE word `lab`."""

from typing import TYPE_CHECKING

from kbview.sources.choice import Choice
from kbview.sources.opener import Opener, Word
from kbview.tape.source import Source, SourceError

if TYPE_CHECKING:
    from kbview.sources.lab.load import Load

_KEYS = {"traffic.size": "size", "traffic.flows": "flows", "traffic.burst": "burst"}


class Labs(Opener):
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
        from kbview.sources.lab.namespace import refusal

        return refusal()

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        from kbview.sources.lab.source import (
            Lab,
        )  # processes and namespaces: only where they are wanted

        del word
        return [Lab(choice.datapath or "kernel", _load(choice), choice.frames) for choice in choices]


def _load(choice: Choice) -> "Load":
    from kbview.sources.lab.load import Load

    for flag, value in (
        ("--profile", choice.profile),
        ("--seed", choice.seed),
        ("--host", choice.host),
    ):
        if value is not None:
            raise SourceError(f"lab: {flag} is for the emulator; this is measured", 2)
    values: dict[str, int] = {}
    if choice.rate_pps is not None:
        values["rate"] = round(choice.rate_pps)
    for key, text in choice.overrides:
        if key not in _KEYS:
            raise SourceError(f"lab: {key} cannot be set here; there are {', '.join(_KEYS)}", 2)
        if not text.isdecimal():
            raise SourceError(f"lab: {key} = {text!r} is not a whole number", 2)
        values[_KEYS[key]] = int(text)
    return Load(**values).checked()
