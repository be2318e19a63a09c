"""The sender's pace: whether it sends the load that was asked for, over the last two seconds."""

from collections import deque

from kbview.sources.workers.load import Load
from kbview.sources.workers.message import Sent

_WINDOW_NS = 2_000_000_000
_LEAST = 0.05  # of the frames that were due: more given up than that, and loads cannot be compared


class SenderPace:
    """Takes the sender's reports, and says in `shortfall` that the machine is too slow for the load."""

    def __init__(self) -> None:
        self._reports: deque[Sent] = deque()
        self._load = Load()

    def add(self, sent: Sent) -> None:
        """Take a report; another load begins another window."""
        if sent.load != self._load:
            self._load = sent.load
            self._reports.clear()
        self._reports.append(sent)
        while sent.time_ns - self._reports[0].time_ns > _WINDOW_NS:
            self._reports.popleft()

    @property
    def shortfall(self) -> str:
        """The rate that was sent beside the rate that was asked for; "" if at most 5 % were given up.

        "" also in the first second of a load.
        """
        if not self._reports:
            return ""
        first, last = self._reports[0], self._reports[-1]
        passed_ns = last.time_ns - first.time_ns
        late, sent = last.late - first.late, last.frames - first.frames
        if passed_ns < _WINDOW_NS // 2 or late <= _LEAST * (late + sent):
            return ""
        return (
            f"the sender is too slow: {sent * 10**9 // passed_ns:,} of {self._load.rate:,} frames/s; "
            "the others were never sent"
        )
