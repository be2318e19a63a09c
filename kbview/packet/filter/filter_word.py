"""Words of a filter: a text is cut into words, signs and brackets, each with its place."""

import re
from typing import NamedTuple

from kbview.packet.filter.filter_error import FilterError

_LONGEST, _MOST = 4096, 200  # characters, words
_WORD = re.compile(r"\s*(?:(&&|\|\||!=|[<>]=?|==?|[()!])|([^\s()!<>=&|]+))")
_SAME = {"&&": "and", "||": "or", "!": "not", "==": "="}


class FilterWord(NamedTuple):
    """A word in lower case, as `said` in the text, with its place from 0. "" stands for the end."""

    text: str
    at: int
    said: str = ""


def words(text: str) -> list[FilterWord]:
    """The words in their order, and the end. Raises FilterError for a sign outside the language."""
    if len(text) > _LONGEST:
        raise FilterError(text, _LONGEST, f"longer than {_LONGEST} characters")
    found: list[FilterWord] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _WORD.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise FilterError(text, at, f"{text[at]!r} is no sign of a filter; write and, or, not")
        said = match[1] or match[2]
        found.append(FilterWord(_SAME.get(said, said.lower()), match.end() - len(said), said))
        at = match.end()
    if len(found) > _MOST:
        raise FilterError(text, found[_MOST].at, f"more than {_MOST} words")
    return [*found, FilterWord("", len(text.rstrip()))]
