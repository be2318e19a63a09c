"""The glossary: the words of the screens and the lessons, as data in `glossary.toml`."""

import tomllib
from functools import cache
from importlib.resources import files

import msgspec


class Concept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word with its explanation.

    `also` are other spellings and parts of the word; `see` names the place that shows it.
    """

    word: str
    text: str
    see: str = ""
    also: tuple[str, ...] = ()


class Glossary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Concepts in the order of a packet's way, drop reasons with their cures, and further labels."""

    concept: tuple[Concept, ...]
    reasons: dict[str, str]
    labels: dict[str, str]


@cache
def glossary() -> Glossary:
    """The glossary that comes with the program."""
    text = (files("kbview") / "glossary.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Glossary)
