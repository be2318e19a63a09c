"""The engine: whoever is furthest behind goes next, and runs until somebody else is.

This is temporal decoupling (SystemC TLM-2.0): an actor's program spends time on its own clock and
gives way only where it says `yield`, which it does just before it touches what others share. So
shared things are touched in the order of time, and nothing is queued for a step or an arrival.
"""

from collections.abc import Generator, Sequence
from typing import Protocol

NEVER_PS = 1 << 62
US_PS = 1_000_000

Process = Generator[None, None, None]


class Actor(Protocol):
    """Something with a clock of its own. `due_ps`: when it goes on; NEVER_PS while it waits."""

    due_ps: int

    def run(self, horizon_ps: int) -> None:
        """Go on until its clock is past `horizon_ps` or it waits."""


def advance(actors: Sequence[Actor], until_ps: int) -> None:
    """Run all of them until none is due before `until_ps`."""
    while True:
        first = actors[0]
        first_ps = first.due_ps
        second_ps = until_ps
        for actor in actors[1:]:
            due_ps = actor.due_ps
            if due_ps < first_ps:
                first, first_ps, second_ps = actor, due_ps, min(second_ps, first_ps)
            elif due_ps < second_ps:
                second_ps = due_ps
        if first_ps >= until_ps:
            return
        first.run(second_ps)
