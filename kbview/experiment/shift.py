"""A shift: points that workers measure, one at a time each; a worker is a process of this machine.

The parent hands each worker one point at a time through a pipe, and looks for results and for ends of
processes. A worker that dies loses the point that it was measuring; a new worker measures that again.
SIGINT is blocked in the workers, so Ctrl+C in a terminal reaches the parent alone. The kernel ends the
workers of a parent that has died.
"""

import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from kbview.experiment.point import Point, Result
from kbview.experiment.pool import PointError, attempt
from kbview.sources.linux.libc import die_with_parent

_MOST_DEATHS = 3  # of workers with the same point: then the point is at fault
_GRACE_S = 0.5


@contextmanager
def sigint_blocked() -> Iterator[None]:
    """SIGINT waits; threads and processes that are started meanwhile never get it."""
    resource_tracker.ensure_running()  # its start, else by the first process, would let SIGINT in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Measurer:
    """One worker: its process, the parent's end of its pipe, and the place of its point, if any."""

    def __init__(self, parent: int, niceness: int) -> None:
        context = get_context("spawn")  # the caller may have threads
        self.pipe, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(
            target=_work, args=(theirs, parent, niceness), daemon=True
        )
        self.place: int | None = None
        with sigint_blocked():
            self.process.start()  # the child inherits the mask
        theirs.close()

    def give(self, place: int, point: Point) -> None:
        """Send a point. If the process has died, the next look at the pipe finds that."""
        self.place = place
        with suppress(OSError):
            self.pipe.send(point)

    def end(self) -> int | None:
        """Wait for the process, which has been told to end or has died; its exit code."""
        self.process.join(_GRACE_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        code = self.process.exitcode
        self.pipe.close()
        self.process.close()
        return code


def end_all(workers: list[Measurer]) -> None:
    """End the processes of all workers and wait for them; the list is empty then."""
    for worker in workers:
        worker.process.terminate()
    for worker in workers:
        worker.end()
    workers.clear()


class Shift:
    """The points of one call, and the workers that measure them; new ones are as nice as `niceness`."""

    def __init__(self, points: Sequence[Point], workers: list[Measurer], niceness: int = 0) -> None:
        self._points = points
        self._workers = workers
        self._niceness = niceness
        self._waiting = deque(range(len(points)))
        self._deaths: dict[int, int] = {}

    @property
    def open(self) -> bool:
        """Whether a point is waiting or being measured."""
        return bool(self._waiting) or any(worker.place is not None for worker in self._workers)

    def begin(self, jobs: int) -> None:
        """Have as many workers as there is work for, up to `jobs`, and give each its first point."""
        while len(self._workers) < min(jobs, len(self._points)):
            self._workers.append(Measurer(os.getpid(), self._niceness))
        for worker in self._workers:
            self._give(worker)

    def finished(self, timeout_s: float | None = None) -> list[tuple[int, Result]]:
        """The results that came, after a worker has answered or died, or after so many seconds.

        None waits without end. Errors: PointError for a point that cannot be measured.
        """
        ready = set(wait([worker.pipe for worker in self._workers], timeout_s))
        results = []
        for worker in [worker for worker in self._workers if worker.pipe in ready]:
            place, answer = worker.place, _answer(worker.pipe)
            if answer is None:
                self._replace(worker)
            elif place is not None:
                if isinstance(answer, str):
                    raise PointError(place, answer)
                worker.place = None
                self._give(worker)
                results.append((place, answer))
        return results

    def _give(self, worker: Measurer) -> None:
        if self._waiting:
            place = self._waiting.popleft()
            worker.give(place, self._points[place])

    def _replace(self, worker: Measurer) -> None:
        """Put a new worker in the place of one that died; its point is measured first."""
        self._workers.remove(worker)
        code = worker.end()
        place = worker.place
        if place is not None:
            self._waiting.appendleft(place)
            self._deaths[place] = self._deaths.get(place, 0) + 1
            if self._deaths[place] >= _MOST_DEATHS:
                raise PointError(place, f"ended its process {_MOST_DEATHS} times (exit code {code})")
        if self._waiting:
            self._workers.append(Measurer(os.getpid(), self._niceness))
            self._give(self._workers[-1])


def _answer(pipe: "Connection[Point, Result | str]") -> Result | str | None:
    """The next answer of a worker; None if it has died."""
    try:
        return pipe.recv()
    except (EOFError, OSError):
        return None


def _work(pipe: "Connection[Result | str, Point]", parent: int, niceness: int) -> None:
    """A worker: measure points until the pipe ends."""
    os.nice(niceness)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    die_with_parent(parent)
    while True:
        try:
            point = pipe.recv()
        except (EOFError, OSError):  # the parent has ended
            return
        try:
            answer = attempt(point)
        except Exception as error:  # said by the parent, in one line
            answer = f"a mistake in kbview itself: {type(error).__name__}: {error}"
        pipe.send(answer)
