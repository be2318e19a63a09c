"""What `?` says of a station, a step or a panel that is selected."""

import re
from collections.abc import Iterator, Sequence

from kbview.tape.event import Meaning
from kbview.tape.events import EVENTS
from kbview.tape.source import Heading
from kbview.tape.station import Station
from kbview.tape.steps import STEPS, without_break
from kbview.ui.characters import clean
from kbview.ui.dictionary import Dictionary, words_of

Entry = tuple[str, str]
_EVENTS = {kind.__name__: kind for kind in EVENTS}


def station_entries(station: Station) -> list[Entry]:
    """Where a station is, the emulator's code of it, and each step and event that happens there."""
    entries = [("what", clean(station.help))]
    if station.bypassed:
        return [*entries, ("here", f"not visited by this datapath; it is {station.domain} ground")]
    entries.append(("ground", station.domain))
    if station.function:
        entries.append(("code", f"{clean(station.function)} in {clean(station.file)}"))
    return [*entries, *(_step(name) for name in station.steps)]


def step_entries(step: str, heading: Heading, words: Dictionary) -> list[Entry]:
    """The function and the sentence of a step, its cost, and the source of the cost in full."""
    meaning = STEPS.get(without_break(step))
    entries = [("what", meaning.function), ("why", meaning.why)] if meaning else []
    cost = heading.costs.steps.get(step) if heading.costs else None
    if cost is None:
        return entries
    entries.append(("cost", clean(f"{cost.confidence}, from {cost.source}. {cost.note}").strip()))
    return [*entries, *_sources(cost.source, words)]


def word_entries(word: str, words: Dictionary) -> list[Entry]:
    """Every definition of a word with its kind, except the station's own line."""
    return [(one.kind, one.text) for one in words.explain(word) if one.kind != "station"]


def _step(name: str) -> Entry:
    if name in _EVENTS:
        return words_of(_EVENTS[name]), _told(_EVENTS[name].meaning)
    return clean(name), _told(
        STEPS[name].meaning
    ) if name in STEPS else "this version has no sentence for it"


def _told(meaning: Meaning) -> str:
    return f"{meaning.function}: {meaning.why}" if meaning.function else meaning.why


def _sources(text: str, words: Dictionary) -> Iterator[Entry]:
    """The keys in the text that names a cost's source: XDPP, PK, a profile."""
    for one in words.definitions:
        key = rf"(?<!\w){re.escape(one.word)}(?!\w)"
        if one.kind == "profile or source" and re.search(key, text):
            yield clean(one.word), clean(one.text)


def section_of(title: str, sections: Sequence[tuple[str, Sequence[Entry]]]) -> list[Entry]:
    """The entries of the section with this title; none if there is no such section."""
    return [entry for name, entries in sections if name == title for entry in entries]
