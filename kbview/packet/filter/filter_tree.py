"""The tree of a filter: comparisons of a frame's bytes, joined by and, or, not.

All words for packets become comparisons at the places that libpcap reads (gencode.c), so each
user of a tree knows four leaves only.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import TypeAlias

import msgspec


class Layer(IntEnum):
    """The place that a comparison counts from; N VLAN tags move all but ADDRESSES by 4 N bytes."""

    ADDRESSES = 0  # the destination's MAC address
    TYPE = 1  # the ethertype
    NETWORK = 2  # the header behind it
    TRANSPORT = 3  # the header behind IPv4's, which says its own length


class FieldTest(msgspec.Struct, frozen=True):
    """Whether `size` bytes (1, 2 or 4) at a place, masked, are "=", ">" or ">=" a value.

    `depth` is the number of VLAN tags that the words before have asked for.
    """

    layer: Layer
    at: int
    size: int
    value: int
    mask: int = 0xFFFF_FFFF
    sign: str = "="
    depth: int = 0


class Tagged(msgspec.Struct, frozen=True):
    """Whether a VLAN tag stands behind `depth` others; `number` None stands for any VLAN."""

    depth: int
    number: int | None = None


class LongerThan(msgspec.Struct, frozen=True):
    """Whether the frame has more than `length` bytes, without its FCS."""

    length: int


class Fact(msgspec.Struct, frozen=True):
    """A word about a packet that its bytes do not say: `state dropped`, `packet 12`, `pid 7`.

    `at` is the word's place in the filter's text.
    """

    word: str
    value: str
    at: int = 0


class Every(msgspec.Struct, frozen=True):
    """All parts are true."""

    parts: tuple["Tree", ...]


class Some(msgspec.Struct, frozen=True):
    """At least one part is true."""

    parts: tuple["Tree", ...]


class Negated(msgspec.Struct, frozen=True):
    """The part is false."""

    part: "Tree"


Leaf: TypeAlias = FieldTest | Tagged | LongerThan | Fact
Tree: TypeAlias = Leaf | Every | Some | Negated

EVERYTHING: Tree = LongerThan(-1)  # takes every packet


def every(*parts: Tree) -> Tree:
    """The parts joined by and."""
    if isinstance(parts[0], Every):
        return Every((*parts[0].parts, *parts[1:]))
    return parts[0] if len(parts) == 1 else Every(parts)


def some(*parts: Tree) -> Tree:
    """The parts joined by or."""
    if isinstance(parts[0], Some):
        return Some((*parts[0].parts, *parts[1:]))
    return parts[0] if len(parts) == 1 else Some(parts)


def facts(tree: Tree) -> Iterator[Fact]:
    """The words of a tree that bytes do not answer."""
    if isinstance(tree, Fact):
        yield tree
    elif isinstance(tree, Negated):
        yield from facts(tree.part)
    elif isinstance(tree, Every | Some):
        for part in tree.parts:
            yield from facts(part)


def replaced(tree: Tree, answers: dict[Fact, Tree]) -> Tree:
    """The tree with other trees in the place of some facts."""
    if isinstance(tree, Fact):
        return answers.get(tree, tree)
    if isinstance(tree, Negated):
        return Negated(replaced(tree.part, answers))
    if isinstance(tree, Every):
        return Every(tuple(replaced(part, answers) for part in tree.parts))
    if isinstance(tree, Some):
        return Some(tuple(replaced(part, answers) for part in tree.parts))
    return tree
