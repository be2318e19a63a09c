"""The vicinity of a setting: the values that a small sweep tries around the present one."""

from kbview.emulator.keys import DeclaredKey

_RATIOS = (1 / 8, 1 / 4, 1 / 2, 1 / 1.4, 1, 1.4, 2, 4, 8)
_OCTAVES = tuple(2.0**power for power in range(-4, 5))
_FROM_NOTHING = (0, 1, 2, 5, 10, 20, 50, 100, 200)  # in the key's unit
_DIGITS = 3  # of a value that is not the present one
_MOST_WORDS = 9


def vicinity(key: DeclaredKey, present: float | str | None) -> list[float | str]:
    """The choices of a key that takes words, else up to nine numbers within its limits, ascending.

    The present number is one of them; their ratios are at most two. A key that is 0 or unset gets small
    numbers of its unit. Empty for a key that takes neither numbers nor a few words.
    """
    if key.words and (isinstance(present, str) or key.limits is None):
        return list(key.words[:_MOST_WORDS])
    if key.limits is None or isinstance(present, str) or isinstance(key.default, tuple):
        return []
    least, most = key.limits
    numbers = _around(key, present) if present else [float(number) for number in _FROM_NOTHING]
    kept = {round(number) if key.whole else number for number in numbers}
    return sorted(number for number in kept if least <= number <= most)


def _around(key: DeclaredKey, present: float) -> list[float]:
    if key.power_of_two:
        return [present * octave for octave in _OCTAVES if (present * octave).is_integer()]
    return [present if ratio == 1 else _rounded(present * ratio) for ratio in _RATIOS]


def _rounded(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")
