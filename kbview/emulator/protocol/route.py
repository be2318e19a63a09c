"""The route table: longest prefix match by a trie that is compressed along paths and levels.

      bits of the address   0        pos              pos + bits
                            |--skip--|--bits: 2^bits children--|--skip--|--...
A node tests `bits` bits at once, as many as leave half of its children in use; bits that all below
it share are skipped. So 750 thousand routes lie three or four levels deep, one route none.

After S. Nilsson and G. Karlsson, "IP-address lookup using LC-tries", IEEE JSAC 17(6), 1999; Linux
keeps that shape under change (net/ipv4/fib_trie.c). A table here does not change, and a node is
built when a look-up first comes to it: 750 thousand routes are then ready in seconds.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

_FILL = 0.5  # of a node's children that must be in use, the kernel's inflate threshold
_MOST_BITS = 16
_LENGTH_BITS, _LENGTH = 8, 255  # of a key: the prefix, then how long it is


class Route(NamedTuple):
    """Addresses that begin with the first `length` bits of `prefix`. `target` is where they go."""

    prefix: int
    length: int
    target: str


class RouteMatch(NamedTuple):
    """The route of an address, None if there is none, and how many nodes and prefixes were visited."""

    route: Route | None
    levels: int


class RouteTable:
    """Routes of addresses of `width` bits, 32 or 128; of routes with equal prefixes the last counts."""

    def __init__(self, routes: Iterable[Route], width: int) -> None:
        self._width = width
        known: dict[
            int, str
        ] = {}  # numbers and not objects: a million of those would be searched for cycles
        for route in routes:
            _check(route, width)
            known[route.prefix << _LENGTH_BITS | route.length] = route.target
        keys = sorted(known)
        self._prefixes = [key >> _LENGTH_BITS for key in keys]
        self._lengths = bytes(key & _LENGTH for key in keys)
        self._targets = [known[key] for key in keys]
        self._outer = array("i", [-1]) * len(keys)  # the next shorter prefix, or -1
        self._leaves = self._find_leaves()
        self._keys = [self._prefixes[leaf] for leaf in self._leaves]
        self._bits = array("B")  # of each node; 0 for a leaf
        self._skip = array("B")
        self._child = array("i")  # the first child's node, or the leaf
        self._unbuilt: dict[int, tuple[int, int, int]] = {}  # node: its leaves and its first bit
        self._add_nodes(1)
        if self._leaves:
            self._unbuilt[0] = (0, len(self._leaves), 0)

    def __len__(self) -> int:
        return len(self._prefixes)

    # ---- building --------------------------------------------------------------------------

    def _find_leaves(self) -> list[int]:
        """Leaf prefixes, which hold no longer prefix; each lists the prefixes that enclose it."""
        leaves: list[int] = []
        around: list[int] = []
        ends: list[int] = []  # the first address beyond each of those around
        for number, (prefix, length) in enumerate(zip(self._prefixes, self._lengths, strict=True)):
            while ends and ends[-1] <= prefix:
                around.pop()
                ends.pop()
            if around:
                self._outer[number] = around[-1]
                if leaves[-1] == around[-1]:
                    leaves.pop()
            around.append(number)
            ends.append(prefix + (1 << self._width - length))
            leaves.append(number)
        return leaves

    def _add_nodes(self, count: int) -> int:
        first = len(self._bits)
        self._bits.extend([0] * count)
        self._skip.extend([0] * count)
        self._child.extend([-1] * count)
        return first

    def _build(self, node: int) -> None:
        """Make a node of its leaves, which agree up to its first bit; its children are left unbuilt."""
        first, stop, pos = self._unbuilt.pop(node)
        if stop - first == 1:
            self._child[node] = first
            return
        differing = self._keys[first] ^ self._keys[stop - 1]
        skip = self._width - differing.bit_length() - pos
        bits = self._branch(first, stop, pos + skip)
        child = self._add_nodes(1 << bits)
        self._bits[node], self._skip[node], self._child[node] = bits, skip, child
        self._split(child, first, stop, (pos + skip, bits))

    def _split(self, child: int, first: int, stop: int, field: tuple[int, int]) -> None:
        """Give each child its leaves.

        A child without any gets the leaf that shares most bits with it: prefixes that cover this
        child cover that leaf too, so the search goes on from there.
        """
        pos, bits = field
        shift = self._width - pos - bits
        above = self._keys[first] >> (shift + bits) << bits
        start = first
        for value in range(above, above + (1 << bits)):
            end = bisect_left(self._keys, (value + 1) << shift, start, stop)
            near = (start, end)
            if start == end:
                leaves = [leaf for leaf in (start - 1, start) if first <= leaf < stop]
                leaf = min(leaves, key=lambda leaf: self._keys[leaf] >> shift ^ value)
                near = (leaf, leaf + 1)
            self._unbuilt[child + value - above] = (*near, pos + bits)
            start = end

    def _branch(self, first: int, stop: int, pos: int) -> int:
        """How many bits to test: as many as leave enough of the children in use."""
        least, most = 1, min(_MOST_BITS, self._width - pos)
        while least < most:
            bits = (least + most + 1) // 2
            shift = self._width - pos - bits
            wanted = _FILL * (1 << bits)
            if (
                stop - first >= wanted
                and len({key >> shift for key in self._keys[first:stop]}) >= wanted
            ):
                least = bits
            else:
                most = bits - 1
        return least

    # ---- looking up ------------------------------------------------------------------------

    def lookup(self, address: int) -> RouteMatch:
        """The longest prefix that `address` begins with."""
        if not self._leaves:
            return RouteMatch(None, 0)
        node = pos = levels = 0
        while True:
            if node in self._unbuilt:
                self._build(node)
            bits = self._bits[node]
            if not bits:
                break
            pos += self._skip[node]
            node = self._child[node] + (address >> (self._width - pos - bits) & ((1 << bits) - 1))
            pos += bits
            levels += 1
        number = self._leaves[self._child[node]]
        while number >= 0:
            levels += 1
            prefix, length = self._prefixes[number], self._lengths[number]
            if not length or (prefix ^ address) >> (self._width - length) == 0:
                return RouteMatch(Route(prefix, length, self._targets[number]), levels)
            number = self._outer[number]
        return RouteMatch(None, levels)


def _check(route: Route, width: int) -> None:
    if not 0 <= route.length <= width or route.prefix >> width:
        raise ValueError(f"a prefix of {route.length} bits does not fit an address of {width}")
    if route.prefix & ((1 << (width - route.length)) - 1):
        raise ValueError(f"prefix {route.prefix:#x}/{route.length} has bits beyond its length")
