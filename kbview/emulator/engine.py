"""The engine: the actor that is furthest behind runs until another actor is behind it.

This is temporal decoupling (SystemC TLM-2.0): the program of an actor spends time on its own clock.
It gives way only at `yield`, just before it touches shared state. So shared state changes in the order
of time, and neither a step nor an arrival needs an entry in a queue.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator

NEVER_PS = (1 << 62) - 1  # the greatest integer that compiled code keeps in a register
US_PS = 1_000_000

Process = Generator[None, None, None]


class Actor(ABC):
    """A clock with a program. `due_ps` is the time of its next turn; NEVER_PS while it waits."""

    due_ps: int

    @abstractmethod
    def run(self, horizon_ps: int) -> None:
        """Run until the clock is past `horizon_ps` or the actor waits."""


def advance(actors: list[Actor], until_ps: int) -> None:
    """Run the actors until none is due before `until_ps`."""
    while True:
        first = None
        first_ps = second_ps = until_ps
        for actor in actors:
            due_ps = actor.due_ps
            if due_ps < first_ps:
                first, first_ps, second_ps = actor, due_ps, first_ps
            elif due_ps < second_ps:
                second_ps = due_ps
        if first is None:
            return
        first.run(second_ps)
