"""How net_rx_action was entered: at an interrupt's exit, in a system call, or by ksoftirqd."""

from collections import Counter

from kbview.state.reducer import Reducer
from kbview.tape.detail import Detail
from kbview.tape.event import Event
from kbview.tape.events import SoftirqEntered


class SoftirqEntries(Reducer):
    """Runs by way in. A restart counts for the way by which its loop came in.

    Runs are forgotten two chunks of the tape later.
    """

    hears = frozenset({SoftirqEntered})
    least = Detail.STEPS

    def __init__(self) -> None:
        self._young: Counter[str] = Counter()  # in this chunk
        self._old: Counter[str] = Counter()  # in the one before
        self._by: dict[int, str] = {}  # of each core's latest run, in this chunk

    def turn(self) -> None:
        self._young, self._old, self._by = Counter(), self._young, {}

    def clear(self) -> None:
        self.turn()
        self.turn()

    def apply(self, record: Event) -> None:
        if not isinstance(record, SoftirqEntered):
            return
        by = self._by.get(record.cpu) if record.by == "restart" else record.by
        if by is not None:
            self._by[record.cpu] = by
            self._young[by] += 1

    def shares(self) -> dict[str, float]:
        """The share of each way in all runs that are remembered."""
        runs = self._young + self._old
        return {by: count / runs.total() for by, count in runs.items()}
