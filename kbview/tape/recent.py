"""A few things by number, of which the one that nobody asked for longest is forgotten first."""

from collections.abc import Callable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Recent(Generic[Thing]):
    """Keeps the last `most` that were made."""

    def __init__(self, most: int, make: Callable[[int], Thing]) -> None:
        self._most = most
        self._make = make
        self._things: dict[int, Thing] = {}

    def get(self, number: int) -> Thing:
        """The thing of this number, made if it is not there."""
        thing = self._things.pop(number) if number in self._things else self._make(number)
        self._things[number] = thing  # the latest is last
        if len(self._things) > self._most:
            del self._things[next(iter(self._things))]
        return thing
