"""A route table as large as the Internet's: prefixes at random, their lengths as BGP announces them.

The look-up of an address in one visits three to six nodes and prefixes, where a table of one route
needs one. Shares of prefix lengths: G. Huston, "BGP in 2018", as recalled.
"""

from collections.abc import Iterator
from functools import cache
from random import Random

from kbview.emulator.protocol.route import Route, RouteTable

_WIDTH = 32
# percent of all prefixes, by length
_SHARES = {24: 57, 23: 10, 22: 12, 21: 6, 20: 5, 19: 4, 18: 2, 17: 1, 16: 2, 15: 0.5, 14: 0.3, 13: 0.2}
_FIRST, _LAST = 1, 223  # of the unicast addresses' first bytes
_SEED = 752_138


@cache
def internet(routes: int) -> RouteTable:
    """So many routes, the default route among them; the same each time."""
    return RouteTable([Route(0, 0, ""), *_announced(routes - 1)], _WIDTH)


def _announced(count: int) -> Iterator[Route]:
    chance = Random(_SEED)  # noqa: S311 - nobody's secret
    bits, new = chance.getrandbits, tuple.__new__
    lengths, weights = [*_SHARES], [*_SHARES.values()]
    seen: set[int] = set()
    add = seen.add
    while len(seen) < count:
        for length in chance.choices(lengths, weights, k=count - len(seen)):
            prefix = bits(length) << _WIDTH - length
            if _FIRST <= prefix >> 24 <= _LAST:
                add(prefix << 8 | length)
    for key in sorted(seen):
        yield new(Route, (key >> 8, key & 255, ""))
