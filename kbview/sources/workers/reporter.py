"""The reporter: a receiver's counts and those of link and kernel, read together and sent off."""

import contextlib
import time

from kbview.sources.workers.counter import LinkCounter
from kbview.sources.workers.kernel_counts import KernelCounts
from kbview.sources.workers.message import Outbox, StackCounts
from kbview.sources.workers.receiver import Ingress, ReceiverWorker
from kbview.tape.source import SourceError

_REPORT_NS = 50_000_000


class Due:
    """Whether it is time for a report again."""

    def __init__(self) -> None:
        self._next_ns = time.monotonic_ns() + _REPORT_NS

    def __call__(self) -> bool:
        now_ns = time.monotonic_ns()
        if now_ns < self._next_ns:
            return False
        self._next_ns = now_ns + _REPORT_NS
        return True


class Reporter:
    """Puts a receiver's readings together with what others count, opened while we still may."""

    def __init__(
        self, receiver: ReceiverWorker, place: Ingress, box: Outbox, opened: contextlib.ExitStack
    ) -> None:
        self._receiver = receiver
        self._stamped = place.stamped
        self._box = box
        self._link = LinkCounter(place.link)
        opened.callback(self._link.close)
        self._kernel: KernelCounts | None = None
        if place.stamped:
            with contextlib.suppress(OSError, SourceError):
                self._kernel = KernelCounts(place.link)
                opened.callback(self._kernel.close)

    def _came(self) -> int:
        received = self._link.read().rx_packets  # OSError when the link is gone
        return received if self._stamped else self._receiver.seen()

    def report(self, *, first: bool = False, last: bool = False) -> None:
        """A reading that finds the pipe blocked is not given; the next one holds its totals too."""
        if not self._box.flush():
            return
        kernel = self._kernel.read() if self._kernel is not None else StackCounts()
        reading = self._receiver.reading(self._came, kernel)
        reading.first, reading.last = first, last
        if self._box.post(reading):
            self._receiver.forget()
