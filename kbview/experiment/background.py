"""Points that one process of low priority measures while the caller goes on with its own work."""

import sys
from collections.abc import Sequence
from contextlib import redirect_stderr

from kbview.experiment.point import Point, Result
from kbview.experiment.shift import Measurer, Shift, end_all

_NICENESS = 10


class Background:
    """Begins at once. `results` has the result of each finished point by its place.

    `close` leaves no process behind; so does the last point.
    """

    def __init__(self, points: Sequence[Point]) -> None:
        self.results: dict[int, Result] = {}
        self._workers: list[Measurer] = []
        self._shift = Shift(points, self._workers, _NICENESS)
        with redirect_stderr(sys.__stderr__):  # a screen's stand-in for it has no descriptor to inherit
            self._shift.begin(1)

    @property
    def running(self) -> bool:
        """Whether more results will come."""
        return bool(self._workers)

    def gather(self) -> bool:
        """Take the results that are there, without waiting; whether any came.

        Errors: PointError for a point that cannot be measured; nothing runs after it.
        """
        if not self.running:
            return False
        came = None
        try:
            came = self._shift.finished(timeout_s=0)
        finally:
            if came is None or not self._shift.open:
                self.close()
        self.results.update(came)
        return bool(came)

    def close(self) -> None:
        """End the process. A second call is free."""
        end_all(self._workers)
