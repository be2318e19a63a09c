"""Receipts: the bytes that the terminal has not shown yet, as the terminal itself says.

    app -> Backlog -> pty -> sshd -> TCP -> line -> terminal
    app <-  keys   <- pty <- sshd <- TCP <- line <- terminal

sshd and TCP take more bytes than a slow line carries in half a minute, so a pty that is empty says
nothing. Behind each frame stands a question, DSR (ECMA-48, 8.3.35: CSI 5 n), and the terminal answers
after it has drawn the frame.
"""

from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

QUESTION = "\x1b[5n"
_LEAST, _MOST = 2048, 16384  # the bytes that may be under way
_QUEUED_S = 0.5  # seconds of the line's bytes that may be under way
_ASSUMED = 8000  # bytes a second of a line that has not answered yet: 64 kbit/s
_PATIENCE_S = 10.0  # an answer that takes longer counts as lost
_MISSING = 3  # lost answers in a row of a terminal that has become silent
_OPEN = 64  # questions that may be without an answer


class AskedReceipt(NamedTuple):
    """All bytes `sent` before it, the bytes that were `under_way` with it, and its time."""

    sent: int
    under_way: int
    asked_s: float


class Receipts:
    """Counts the bytes of one terminal, and takes its answers. Two threads may use it."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._began_s = now()
        self._sent = self._shown = self._lost = 0
        self._heard = False
        self._rate = float(_ASSUMED)
        self._questions: deque[AskedReceipt] = deque()

    @property
    def expected(self) -> bool:
        """Whether an answer may still come."""
        return bool(self._questions) and not self._silent

    @property
    def under_way(self) -> int:
        """The bytes that the terminal has not shown yet; 0 where it does not answer.

        Until the first answer the line is taken for a slow line, and for ten seconds at most.
        """
        now_s = self._now()
        if self._questions and now_s - self._questions[0].asked_s > _PATIENCE_S:
            self._shown = self._questions.popleft().sent
            self._lost += 1
        if self._silent:
            return 0
        carried = 0 if self._heard else int(_ASSUMED * (now_s - self._began_s))
        return max(0, self._sent - self._shown - carried)

    @property
    def allowed(self) -> int:
        """The bytes that may be under way when a frame is sent: half a second of the line."""
        return min(max(int(self._rate * _QUEUED_S), _LEAST), _MOST)

    def wrote(self, count: int) -> None:
        """These bytes were handed to the line."""
        self._sent += count

    def ask(self) -> str:
        """The question to be sent now; "" where no byte was written since the last one."""
        before = self._questions[-1].sent if self._questions else self._shown
        if self._sent == before or len(self._questions) >= _OPEN:
            return ""
        self._sent += len(QUESTION)
        self._questions.append(AskedReceipt(self._sent, self._sent - self._shown, self._now()))
        return QUESTION

    def answered(self) -> None:
        """The terminal has shown all bytes before its oldest question."""
        self._heard, self._lost = True, 0
        if not self._questions:  # the answer was counted as lost before
            return
        question = self._questions.popleft()
        self._shown = question.sent
        self._rate = question.under_way / max(self._now() - question.asked_s, 1e-6)

    @property
    def _silent(self) -> bool:
        if self._heard:
            return self._lost >= _MISSING
        return self._now() - self._began_s > _PATIENCE_S
