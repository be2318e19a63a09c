"""The Pool contract: something that measures many points, and the pool of this process alone."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence

from kbview.emulator.cost import UnpricedStepError
from kbview.emulator.keys import ScenarioError
from kbview.experiment.point import Point, Result, measure


class PointError(Exception):
    """A point that could not be measured, by its place; the text is one line for a person."""

    def __init__(self, place: int, reason: str) -> None:
        super().__init__(reason)
        self.place = place


class Pool(ABC):
    """Measures points. Each result depends on its point only, whichever pool measures it."""

    @abstractmethod
    def measure(self, points: Sequence[Point]) -> Generator[tuple[int, Result], None, None]:
        """Yield the place and the result of each point, in the order in which they are finished.

        An iterator that is closed before its end, or ended by an exception, leaves no process behind.
        Errors: PointError for the first point that cannot be measured.
        """

    def close(self) -> None:  # noqa: B027 - this process alone holds nothing
        """End the processes that wait for more points. A second call is free."""


class Alone(Pool):
    """This process measures one point after the other."""

    def measure(self, points: Sequence[Point]) -> Generator[tuple[int, Result], None, None]:
        for place, point in enumerate(points):
            result = attempt(point)
            if isinstance(result, str):
                raise PointError(place, result)
            yield place, result


def attempt(point: Point) -> Result | str:
    """The result of a point, or one line that says why it cannot be measured."""
    try:
        return measure(point)
    except (ScenarioError, UnpricedStepError) as error:
        return str(error)
