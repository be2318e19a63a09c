"""The name that a misspelt one may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def meant(name: str, names: Iterable[str]) -> str:
    """Returns `did you mean NAME? `, "" if none is close. Capitals, `_` and `-` make no difference."""
    plain = {each.lower().replace("_", "-"): each for each in names}
    close = get_close_matches(name.lower().replace("_", "-"), plain, n=1, cutoff=0.6)
    return f"did you mean {plain[close[0]]}? " if close else ""
