"""Who has net_rx_action run: an interrupt's exit, a system call, or ksoftirqd; at the finest detail."""

from collections import Counter

from kbview.tape import events as ev


class Entries:
    """Runs by way in. A restart counts for the way that its loop came in.

    They are forgotten two chunks of the tape later, so this depends on the last records alone.
    """

    def __init__(self) -> None:
        self._young: Counter[str] = Counter()  # in this chunk
        self._old: Counter[str] = Counter()  # in the one before
        self._by: dict[int, str] = {}  # of each core's latest, in this chunk

    def turn(self) -> None:
        """Another chunk of the tape begins."""
        self._young, self._old, self._by = Counter(), self._young, {}

    def clear(self) -> None:
        """Know of none."""
        self.turn()
        self.turn()

    def apply(self, event: ev.SoftirqEntered) -> None:
        """Count a run."""
        by = self._by.get(event.cpu) if event.by == "restart" else event.by
        if by is not None:
            self._by[event.cpu] = by
            self._young[by] += 1

    def shares(self) -> dict[str, float]:
        """Of all runs that are remembered."""
        runs = self._young + self._old
        return {by: count / runs.total() for by, count in runs.items()}
