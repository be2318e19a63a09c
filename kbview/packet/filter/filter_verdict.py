"""The verdict of a filter on a frame, in Python.

A frame that ends before a byte that is asked for is refused, also behind `not`: so BPF does. A packet
without kept bytes is neither of one kind nor of another: only facts decide about it.
"""

from collections.abc import Callable, Mapping

import msgspec

from kbview.packet.filter.filter_tree import (
    Every,
    Fact,
    FieldTest,
    Layer,
    LongerThan,
    Negated,
    Some,
    Tagged,
    Tree,
)

ETHERTYPE, NETWORK, TAG = 12, 14, 4  # places and length in bytes
TAG_TYPES = (0x8100, 0x88A8, 0x9100)


class FilterSubject(msgspec.Struct):
    """A frame as a filter sees it: its first bytes, its length without FCS, and facts about it."""

    data: bytes
    length: int
    facts: Mapping[str, frozenset[str]] = {}


Verdict = Callable[[FilterSubject], bool | None]


class _FrameEndError(Exception):
    """The frame ends before the byte that is asked for."""


def decide(verdict: Verdict, subject: FilterSubject) -> bool:
    """Whether the filter takes the frame; what is unknown is not taken."""
    try:
        return verdict(subject) is True
    except _FrameEndError:
        return False


def verdict_of(tree: Tree) -> Verdict:
    """The verdict as a function; None comes back where the frame's bytes or a fact are unknown."""
    match tree:
        case FieldTest():
            return _compare(tree)
        case Tagged(depth, number):
            return _tagged(depth, number)
        case LongerThan(length):
            return lambda seen: seen.length > length if seen.length else None
        case Fact(word, value):
            return lambda seen: value in seen.facts[word] if word in seen.facts else None
        case Negated(part):
            return _negated(verdict_of(part))
        case Every(parts):
            return _joined([verdict_of(part) for part in parts], deciding=False)
        case Some(parts):
            return _joined([verdict_of(part) for part in parts], deciding=True)


def _negated(inner: Verdict) -> Verdict:
    def verdict(seen: FilterSubject) -> bool | None:
        known = inner(seen)
        return None if known is None else not known

    return verdict


def _joined(parts: list[Verdict], *, deciding: bool) -> Verdict:
    """The first part with the deciding answer ends it; an unknown part leaves the answer unknown."""

    def verdict(seen: FilterSubject) -> bool | None:
        answer: bool | None = not deciding
        for part in parts:
            known = part(seen)
            if known is deciding:
                return deciding
            if known is None:
                answer = None
        return answer

    return verdict


def _compare(leaf: FieldTest) -> Verdict:
    size, mask, value, sign = leaf.size, leaf.mask, leaf.value, leaf.sign
    place = _place(leaf)

    def verdict(seen: FilterSubject) -> bool | None:
        if not seen.data:
            return None
        number = _number(seen.data, place(seen.data), size) & mask
        if sign == "=":
            return number == value
        return number > value if sign == ">" else number >= value

    return verdict


def _place(leaf: FieldTest) -> Callable[[bytes], int]:
    """The offset of a comparison in the frame."""
    network = NETWORK + TAG * leaf.depth
    fixed = {
        Layer.ADDRESSES: 0,
        Layer.TYPE: ETHERTYPE + TAG * leaf.depth,
        Layer.NETWORK: network,
    }.get(leaf.layer)
    at = leaf.at
    if fixed is not None:
        return lambda _: fixed + at
    return lambda data: network + 4 * (_number(data, network, 1) & 15) + at


def _number(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise _FrameEndError
    return int.from_bytes(data[at : at + size], "big")


def _tagged(depth: int, number: int | None) -> Verdict:
    at = ETHERTYPE + TAG * depth

    def verdict(seen: FilterSubject) -> bool | None:
        if not seen.data:
            return None
        if _number(seen.data, at, 2) not in TAG_TYPES:
            return False
        return number is None or _number(seen.data, at + 2, 2) & 0xFFF == number

    return verdict
