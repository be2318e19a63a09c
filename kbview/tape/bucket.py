"""The buckets of a histogram: a value below 128 is its own, above each doubling is cut into 64.

    value          lowest value of its bucket
    0b1011_0110    0b1011_0110      a first digit and the six behind it are kept,
    0b1_0110_1101  0b1_0110_1100    the rest is cut off

The emulator's latencies pass through here, so this module is compiled with it (scripts/native.py).
In pure Python the shifts take 130 ns a value, a binary search in a table of all buckets 300.
"""

KEPT_BITS = 7  # the first digit and the six that number the 64 buckets of a doubling


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
