"""A message-signalled interrupt (MSI-X vector), or a core's own timer: one line to one core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kbview.emulator.engine import NEVER_PS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kbview.emulator.hardware.core import Core


class Vector:
    """The time at which an interrupt reaches its core, and its handler. An armed vector fires once.

    `fired_ps` is the time at which the latest interrupt reached the core, -NEVER_PS before the first.
    The handler runs in hardirq context on the core's own time; it spends and must not yield.
    """

    __slots__ = ("core", "due_ps", "fired_ps", "handler")

    def __init__(self, core: Core, handler: Callable[[Core], None]) -> None:
        self.core = core
        self.handler = handler
        self.due_ps = NEVER_PS
        self.fired_ps = -NEVER_PS
        core.vectors.append(self)

    def arm(self, due_ps: int) -> None:
        """Fire at `due_ps`; NEVER_PS disarms the vector."""
        self.due_ps = due_ps
        self.core.vectors_changed()


def first_due(vectors: Sequence[Vector]) -> Vector:
    """The vector of a core that fires first. Raises IndexError for a core without vectors."""
    if len(vectors) == 1:
        return vectors[0]
    first = vectors[0]
    for vector in vectors:
        if vector.due_ps < first.due_ps:
            first = vector
    return first
