"""The dictionary: every word that a screen may show, with its explanation.

concepts, drop reasons, labels       glossary.toml
steps and events                     the function and the sentence that each has
stations and datapaths               as the source declares them
profiles, sources of costs, settings as the caller of the screen hands them in
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kbview.glossary import glossary
from kbview.state.state import State
from kbview.tape.event import Meaning
from kbview.tape.events import EVENTS
from kbview.tape.meter import DEFINITIONS
from kbview.tape.source import Source
from kbview.tape.steps import STEPS, without_break

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Definition(NamedTuple):
    """A word, its explanation, other spellings, and its kind: "concept", "step", "event" ..."""

    word: str
    text: str
    kind: str
    also: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """All words that this explains, in lower case."""
        return tuple(word.casefold() for word in (self.word, *self.also))


def words_of(kind: type) -> str:
    """The name of a class in words: SkbAllocated -> "skb allocated"."""
    return _HUMP.sub(" ", kind.__name__).lower()


def concepts() -> list[Definition]:
    """The concepts, each with the place that shows it."""
    return [
        Definition(one.word, f"{one.text} [{one.see}]" if one.see else one.text, "concept", one.also)
        for one in glossary().concept
    ]


class Dictionary:
    """Definitions in the order of their weight: concepts first."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self.definitions = tuple(definitions)
        self._of: dict[str, list[Definition]] = {}
        for one in self.definitions:
            for spelling in dict.fromkeys(one.spellings):
                self._of.setdefault(spelling, []).append(one)

    def explain(self, word: str) -> list[Definition]:
        """The definitions of this very word; empty if it is unknown. A resumed step is its step."""
        spelling = word.strip().casefold()
        return self._of.get(spelling) or self._of.get(without_break(spelling), [])

    def search(self, text: str) -> list[Definition]:
        """The definitions of words that contain the text, then those that mention it."""
        text = text.strip().casefold()
        named = [one for one in self.definitions if any(text in each for each in one.spellings)]
        exact = self.explain(text)
        mentioned = [one for one in self.definitions if text in one.text.casefold()]
        return list(dict.fromkeys([*exact, *named, *mentioned]))


def dictionary(
    source: Source,
    state: State,
    handed: Iterable[tuple[str, str]] = (),
    settings: Iterable[tuple[str, str]] = (),
) -> Dictionary:
    """The words of this source's screens; `handed` are profiles and sources of costs."""
    here = [Definition(one.name, one.help, "station") for one in state.stations]
    ways = [Definition(one.name, one.summary, "datapath") for one in source.choices() if one.summary]
    from_outside = [Definition(word, text, "profile or source") for word, text in handed]
    keys = [Definition(key, text, "setting", (key.rpartition(".")[2],)) for key, text in settings]
    return Dictionary([*concepts(), *here, *ways, *_fixed(), *from_outside, *keys])


def _fixed() -> Iterator[Definition]:
    """The words that do not depend on the source."""
    words = glossary()
    for reason, text in words.reasons.items():
        yield Definition(reason, text, "drop reason")
    for name, text in words.labels.items():
        yield Definition(name, text, "label")
    for name, text in DEFINITIONS.items():
        yield Definition(name.replace("_", " "), f"{text}.", "number", (name,))
    for name, step in STEPS.items():
        yield Definition(name, _told(step.meaning), "step")
    for kind in EVENTS:
        yield Definition(words_of(kind), _told(kind.meaning), "event", (kind.__name__,))


def _told(meaning: Meaning) -> str:
    return f"{meaning.function}: {meaning.why}" if meaning.function else meaning.why
