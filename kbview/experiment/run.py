"""Runs the points of an experiment: known results are taken over, the others are measured."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

import msgspec

from kbview.experiment.point import Point, Result
from kbview.experiment.pool import PointError, Pool
from kbview.experiment.results import ResultsFile

Told = Callable[[int, int], None]
Asked = Mapping[str, Any]


def quiet(done: int, of: int) -> None:
    """Say nothing about progress."""
    del done, of


class Runner(msgspec.Struct, frozen=True):
    """A pool, the file of known results (None: nothing is kept), and the listener for progress.

    `tell` is called with the number of finished points and the number of all.
    """

    pool: Pool
    results: ResultsFile | None = None
    tell: Told = quiet

    def run(self, points: Sequence[Point], asked: Sequence[Asked] = ()) -> list[Result]:
        """The results in the order of the points; equal points are measured once.

        `asked` has for each point the values that its line in the results file repeats. Errors:
        PointError for a point that cannot be measured, ResultsError if the file cannot be written.
        """
        keys = [point.key() for point in points]
        found = {} if self.results is None else self.results.found
        known = {key: found[key] for key in keys if key in found}
        missing = list({key: at for at, key in enumerate(keys) if key not in known}.values())
        done = len(points) - len(missing)
        if self.results is not None:
            self.results.reused += len(known)
        self.tell(done, len(points))
        try:
            with closing(self.pool.measure([points[at] for at in missing])) as finished:
                for place, result in finished:
                    at = missing[place]
                    known[keys[at]] = result
                    if self.results is not None:
                        self.results.add(points[at], asked[at] if asked else {}, result)
                    done += 1
                    self.tell(done, len(points))
        except PointError as error:
            raise PointError(missing[error.place], str(error)) from error
        return [known[key] for key in keys]
