"""How long frames are: one size, or a mix in which each has its share."""

import random
from collections.abc import Iterator, Mapping
from operator import itemgetter

# Frame lengths with FCS and how many of each: 7 of 40, 4 of 576 and 1 of 1500 bytes of IP packet.
IMIX: Mapping[int, int] = {64: 7, 594: 4, 1518: 1}
MIXES: Mapping[str, Mapping[int, int]] = {"imix": IMIX}
_BLOCK = 4096  # random bytes at once


def mean(mix: Mapping[int, int]) -> float:
    """The mean length, bytes."""
    return sum(length * share for length, share in mix.items()) / sum(mix.values())


def mixed(mix: Mapping[int, int], seed: int) -> Iterator[int]:
    """Independent random lengths, each with the probability of its share; at most 256 shares."""
    generator = random.Random(seed)  # noqa: S311 - a model, not a secret
    shares = [length for length, share in mix.items() for _ in range(share)]
    table = shares * (256 // len(shares))
    beyond = bytes(range(len(table), 256))  # bytes that select no share
    while True:
        drawn = generator.randbytes(_BLOCK).translate(None, beyond)
        yield from itemgetter(*drawn)(table)
