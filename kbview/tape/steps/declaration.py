"""The declaration of a step: the function at work, a sentence, and the stations where it happens."""

from collections.abc import Collection
from typing import NamedTuple

from kbview.tape.event import Meaning

RESUMED = "_resumed"  # the ending of an interrupted step's name when the step continues


class Declaration(NamedTuple):
    """A named unit of work: StepTaken names it, and a profile has a price row of the same name.

    `function` is spelled as in the source of kernel, driver or library, "" where there is none; `why`
    is a sentence for a reader who has never seen it. `stations` are names in the order of preference:
    on a path the step happens at the first of them that the packet visits. `passes`: each packet
    takes the step once when it passes that station, so the step counts passes of it. `variants` are
    pairs of a station and the meaning on paths that visit it. `counts` is the plural of the thing that
    the number of steps is a number of, "" for packets.
    """

    function: str
    why: str
    stations: tuple[str, ...] = ()
    passes: bool = True
    variants: tuple[tuple[str, Meaning], ...] = ()
    counts: str = ""

    def on(self, visited: Collection[str]) -> Meaning:
        """Function and sentence on a path that visits these stations: the first variant that fits."""
        fitting = (meaning for station, meaning in self.variants if station in visited)
        return next(fitting, self.meaning)

    @property
    def meaning(self) -> Meaning:
        """Function and sentence."""
        return Meaning(self.function, self.why)


def without_break(step: str) -> str:
    """The name of the step that continued after an interruption; another name is returned as it is."""
    return step.removesuffix(RESUMED)
