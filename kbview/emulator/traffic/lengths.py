"""How long frames are: one size, or a mix in which each has its share."""

import random
from collections.abc import Iterator, Mapping
from itertools import chain, islice

# Frame lengths with FCS and how many of each: 7 of 40, 4 of 576 and 1 of 1500 bytes of IP packet.
IMIX: Mapping[int, int] = {64: 7, 594: 4, 1518: 1}
MIXES: Mapping[str, Mapping[int, int]] = {"imix": IMIX}
_ROUNDS = 512  # of a mix in the table that is read over and over


def mean(mix: Mapping[int, int]) -> float:
    """The mean length, bytes."""
    return sum(length * share for length, share in mix.items()) / sum(mix.values())


def mixed(mix: Mapping[int, int], seed: int) -> Iterator[int]:
    """Lengths in random order; over a table's time each has exactly its share."""
    generator = random.Random(seed)  # noqa: S311 - a model, not a secret
    table = [length for length, share in mix.items() for _ in range(share * _ROUNDS)]
    generator.shuffle(table)
    while True:
        start = generator.randrange(len(table))
        yield from chain(islice(table, start, None), islice(table, start))
