"""The buckets of a histogram: a value below 128 is its own, above each doubling is cut into 64.

    value          lowest value of its bucket
    0b1011_0110    0b1011_0110      a first digit and the six behind it are kept,
    0b1_0110_1101  0b1_0110_1100    the rest is cut off

The emulator's latencies pass through here, so this module is compiled with it (scripts/native.py).
In pure Python the shifts take 130 ns a value, a binary search in a table of all buckets 300. A list
with a number for each bucket is cheapest from about a thousand values on: it is as long as there are
buckets up to the greatest value.
"""

from collections import Counter

KEPT_BITS = 7  # the first digit and the six that number the 64 buckets of a doubling


_MANY = 1024  # values from which on a list of all buckets is cheaper than a table of those in use


def tally(values: list[int], greatest: int) -> dict[int, int]:
    """How many of the values are in each bucket, by its lowest value.

    Values are not negative; `greatest` is the greatest of them.
    """
    if len(values) < _MANY:
        return Counter(lowest_values(values))
    cut = max(0, greatest.bit_length() - KEPT_BITS)
    counts = [0] * ((cut << KEPT_BITS - 1) + (greatest >> cut) + 1)
    for value in values:
        cut = value.bit_length() - KEPT_BITS
        number = (cut << KEPT_BITS - 1) + (value >> cut) if cut > 0 else value
        counts[number] = counts[number] + 1
    return {_numbered(number): count for number, count in enumerate(counts) if count}


def _numbered(number: int) -> int:
    """The lowest value of a bucket; buckets are numbered from 0 up, without a gap."""
    if number < 1 << KEPT_BITS:
        return number
    half = 1 << KEPT_BITS - 1
    return (half | number & half - 1) << number // half - 1


def lowest_values(values: list[int]) -> list[int]:
    """The lowest value of the bucket of each value; values are not negative."""
    if min(values) >= 1 << KEPT_BITS:
        return [
            value >> value.bit_length() - KEPT_BITS << value.bit_length() - KEPT_BITS
            for value in values
        ]
    return [lowest(value) for value in values]


def lowest(value: int) -> int:
    """The lowest value of the bucket of a value that is not negative."""
    cut = max(0, value.bit_length() - KEPT_BITS)
    return value >> cut << cut


def width(value: int) -> int:
    """How many whole numbers are in the bucket of a value."""
    return 1 << max(0, value.bit_length() - KEPT_BITS)
