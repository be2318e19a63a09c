"""Sequence numbers wrap at 32 bits; before and after hold within half the circle (RFC 9293, 3.4)."""

_HALF = 1 << 31
_MASK = (1 << 32) - 1


def plus(sequence: int, count: int) -> int:
    """The number `count` further on; back if it is negative."""
    return (sequence + count) & _MASK


def distance(start: int, end: int) -> int:
    """How far `end` lies after `start`; negative if before."""
    forward = (end - start) & _MASK
    return forward if forward < _HALF else forward - _MASK - 1


def before(one: int, other: int) -> bool:
    """Whether `one` < `other`."""
    return (one - other) & _MASK >= _HALF


def after(one: int, other: int) -> bool:
    """Whether `one` > `other`."""
    return (other - one) & _MASK >= _HALF
