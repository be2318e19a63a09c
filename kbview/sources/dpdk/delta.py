"""Delta of counters that begin anew when their application does."""


class Delta:
    """What counters grew by since the first round, over restarts and resets.

    A counter that fell was set back: what it shows now has been counted since. One that appears
    later began at 0.
    """

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._sums: dict[str, int] = {}
        self._begun = False

    def add(self, counts: dict[str, int]) -> None:
        """Take in a round; all counters of the first round begin there."""
        for name, count in counts.items():
            before = self._last.get(name, 0 if self._begun else count)
            self._sums[name] = self._sums.get(name, 0) + (count - before if count >= before else count)
        self._last |= counts
        self._begun = True

    def __getitem__(self, name: str) -> int:
        return self._sums.get(name, 0)
