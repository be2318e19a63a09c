"""A pool of processes of this machine, which end at once with the call that needs them no more."""

from collections.abc import Generator, Sequence

from kbview.experiment.point import Point, Result
from kbview.experiment.pool import Alone, Pool
from kbview.experiment.shift import Measurer, Shift, end_all


def local(jobs: int) -> Pool:
    """A pool of `jobs` processes; of this process alone if that is 1."""
    return Alone() if jobs <= 1 else Processes(jobs)


class Processes(Pool):
    """At most `jobs` workers, started when the first points come; they wait for more until `close`."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._workers: list[Measurer] = []

    def measure(self, points: Sequence[Point]) -> Generator[tuple[int, Result], None, None]:
        shift = Shift(points, self._workers)
        try:
            shift.begin(self._jobs)
            while shift.open:
                yield from shift.finished()
        finally:
            if shift.open:
                self.close()

    def close(self) -> None:
        end_all(self._workers)
