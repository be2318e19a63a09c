"""Ctrl+C in a command that has something to show: the first press prints it within a second."""

import signal
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any, Self

from kbview.cli.errors import DONE, INTERRUPTED
from kbview.tape.source import Source

_PATIENCE_S = 0.7  # for sources that are asked to return


class Ending:
    """Use as a context manager, in the main thread.

    `came`: Ctrl+C was pressed. Sources that were given to `watch` are asked to return; if they have not
    after 0.7 s, and at a second press, KeyboardInterrupt is raised where the program stands.
    `regular`: Ctrl+C is the usual way to end this run.
    """

    def __init__(self) -> None:
        self.came = False
        self.regular = False
        self._sources: Sequence[Source] = ()
        self._before: dict[signal.Signals, Any] = {}

    @property
    def code(self) -> int:
        """The exit code of the command."""
        return INTERRUPTED if self.came and not self.regular else DONE

    def watch(self, sources: Sequence[Source]) -> None:
        """Ask these sources to return when Ctrl+C is pressed."""
        self._sources = sources

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGALRM):
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def settled(self) -> None:
        """The sources have returned: nothing is interrupted any more but by a second press."""
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if self.came or number == signal.SIGALRM:
            raise KeyboardInterrupt
        self.came = True
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S)
        for source in self._sources:
            source.hurried = True
