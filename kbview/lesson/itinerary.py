"""The itinerary: the run that a step shows, and the targets along it, from the run's beginning."""

import msgspec

from kbview.lesson.lesson import Bring, Lesson, Setup, in_list


class Itinerary(msgspec.Struct, frozen=True):
    """A run and the targets that are reached in it, in their order."""

    setup: Setup
    targets: tuple[str, ...] = ()


def itinerary(lesson: Lesson, step: int, *, brought: bool) -> Itinerary:
    """The way to a step, numbered from 0. With `brought` its own state is brought about, too.

    A step with a prediction is asked before that.
    """
    found = Itinerary(lesson.setup(Bring()))
    for one in lesson.steps[: step + brought]:
        if one.bring.anew:
            found = Itinerary(lesson.setup(one.bring))
        found = Itinerary(found.setup, (*found.targets, *in_list(one.bring.until)))
    return found
