"""An cpu_budget of CPU time: a share of a core, saved up for at most a moment."""

_SAVED_S = 0.1  # of real time whose share may be saved


class CpuBudget:
    """Spend first, then wait until the share has paid for it. Times are seconds."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._most_s = self._left_s = share * _SAVED_S
        self._at_s = 0.0

    def granted(self, now_s: float) -> bool:
        """Whether something may be done now."""
        earned_s = (now_s - self._at_s) * self._share
        self._at_s = now_s
        self._left_s = min(self._most_s, self._left_s + earned_s)
        return self._left_s > 0

    def charge(self, spent_s: float) -> None:
        """Book what it took."""
        self._left_s -= spent_s
