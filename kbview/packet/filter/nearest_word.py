"""The word of the language that a misspelt one may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 40  # characters that are compared


def meant_word(name: str, known: Iterable[str]) -> str:
    """`did you mean WORD?`; "" if none is close."""
    close = get_close_matches(name[:_LONGEST], list(known), 1, 0.6)
    return f"did you mean {close[0]}?" if close else ""
