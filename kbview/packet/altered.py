"""A copy of a frame or a segment with some of its facts changed."""

from typing import Any, Protocol, Self, TypeVar


class Alterable(Protocol):
    """A struct, or the native class that is compiled from a struct."""

    def __replace__(self, /, **changes: Any) -> Self:
        """A copy with the fields `changes`; the contract of Python's own `copy.replace`."""


Facts = TypeVar("Facts", bound=Alterable)


def altered(facts: Facts, **changes: Any) -> Facts:
    """A copy of `facts` in which the fields `changes` have other values."""
    return facts.__replace__(**changes)
