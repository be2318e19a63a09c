"""A route table as large as the Internet's: prefixes at random, their lengths as BGP announces them.

A look-up visits three to six nodes and prefixes in such a table, and a single node in a table of one
route. Shares of prefix lengths: G. Huston, "BGP in 2018", as recalled.
"""

from collections.abc import Iterator
from functools import cache
from itertools import chain
from random import Random

from kbview.emulator.protocol.route import Route, RouteTable

_WIDTH = 32
# percent of all prefixes, by length
_SHARES = {24: 57, 23: 10, 22: 12, 21: 6, 20: 5, 19: 4, 18: 2, 17: 1, 16: 2, 15: 0.5, 14: 0.3, 13: 0.2}
_FIRST, _BEYOND = 1, 224  # the first bytes of unicast addresses
_SEED = 752_138


@cache
def bgp_table(routes: int) -> RouteTable:
    """A table of `routes` routes with the default route; the same number gives the same table."""
    return RouteTable(chain([Route(0, 0, "")], _announced(routes - 1)), _WIDTH)


def _announced(count: int) -> Iterator[Route]:
    chance = Random(_SEED)  # noqa: S311 - nobody's secret
    so_far = 0.0
    made = 0
    for length, percent in _SHARES.items():
        so_far += percent
        unicast = range(_FIRST << length - 8, _BEYOND << length - 8)
        chosen = chance.sample(unicast, round(count * so_far / 100) - made)
        made += len(chosen)
        for prefix in sorted(chosen):
            yield Route(prefix << _WIDTH - length, length, "")
