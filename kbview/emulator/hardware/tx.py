"""A transmit ring: descriptors that the driver posts, the NIC sends, and the driver cleans.

    next_to_use    where the driver posts next        moved by the driver; the doorbell tells the NIC
    next_to_clean  the oldest slot not given back     moved by the driver, after the NIC wrote it back

      next_to_clean             next_to_use
           v                         v
    | . . . s s s s s w w w w p p p p . . . |    s sent   w with the NIC   p posted, no doorbell yet

    doorbell -> DMA read of descriptor and frame -> wire, at its rate -> completion written back

A sender sees a full ring as NETDEV_TX_BUSY, or as a short count from tx_burst. All rings of a port
share its wire; frames go in the order of the doorbells. The NIC is no actor here either: when a frame
leaves is known at the doorbell, and booked when somebody looks.
Read more: Intel 82599 datasheet, 7.2.3 "Transmit Descriptor Ring".
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from operator import attrgetter
from typing import NamedTuple

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.books import Books
from kbview.emulator.hardware.cable import Wires
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.counts import WorkCounts
from kbview.packet.frame import Frame
from kbview.tape.meter import RingMeter
from kbview.tape.vocabulary import RingKind

_LEFT = attrgetter("left_ps")


class TxTiming(NamedTuple):
    """From the doorbell to the first bit (two DMA reads), and from the last bit to the write-back."""

    fetch_ps: int
    write_back_ps: int


class Leaving(NamedTuple):
    """A frame in a transmit ring. `passed_on`: it came in and goes out again, it was not made here."""

    frame: Frame
    passed_on: bool
    left_ps: int


class TxRing:
    """A transmit ring of a port. `hear` is called at the doorbell with each frame and its time.

    `changed` is called when a frame will be completed earlier than was known.
    """

    def __init__(
        self, queue: int, size: int, wires: Wires, timing: TxTiming, books: Books, counts: WorkCounts
    ) -> None:
        self.queue = queue
        self.size = size
        self.free = size - 1
        self.next_to_use = 0
        self.hear: Callable[[Frame, int, Core], None] | None = None
        self.changed: Callable[[], None] | None = None
        self._link = wires.link
        self._bus = wires.bus
        self._timing = timing
        self._books = books
        self._counts = counts
        self._posted: list[tuple[Frame, bool]] = []
        self._leaving: deque[Leaving] = deque()  # with the NIC, not booked as sent yet
        self._sent: deque[Leaving] = deque()  # sent, not cleaned yet
        self._passing_on = 0

    @property
    def used(self) -> int:
        """Slots whose buffers the ring holds."""
        return self.size - 1 - self.free

    @property
    def next_to_clean(self) -> int:
        """The oldest slot that was not given back."""
        return (self.next_to_use - self.used) % self.size

    @property
    def passing_on(self) -> int:
        """Frames in here that are still on their journey from the wire to the wire."""
        return self._passing_on

    @property
    def idle(self) -> bool:
        """Whether the NIC has nothing more to send."""
        return not self._posted and not self._leaving

    # ---- the driver's side -----------------------------------------------------------------

    def post(self, core: Core, frame: Frame, *, passed_on: bool) -> bool:
        """Write a descriptor; False where there is none. The NIC knows after the doorbell."""
        if not self.free:
            return False
        self.free -= 1
        self._posted.append((frame, passed_on))
        self._passing_on += passed_on
        self._counts.descriptor_posted(core, self.queue, frame.packet, self.next_to_use)
        self.next_to_use = (self.next_to_use + 1) % self.size
        return True

    def doorbell(self, core: Core) -> None:
        """Tell the NIC about posted frames. The caller spends the step, and yields before the call."""
        ready_ps = core.now_ps + self._timing.fetch_ps
        for frame, passed_on in self._posted:
            left_ps = self._link.put(frame.length, self._bus.send(ready_ps))
            self._leaving.append(Leaving(frame, passed_on, left_ps))
            if self.hear is not None:
                self.hear(frame, left_ps, core)
        self._posted.clear()
        if self.changed is not None:
            self.changed()
            core.give_way_by(self.next_done_ps())

    def next_done_ps(self) -> int:
        """When the oldest frame not cleaned will have been written back; NEVER_PS without one."""
        oldest = self._sent or self._leaving
        return oldest[0].left_ps + self._timing.write_back_ps if oldest else NEVER_PS

    def next_done_after_ps(self, after_ps: int) -> int:
        """When the first write-back later than `after_ps` comes, ps; NEVER_PS without one."""
        left_ps = after_ps - self._timing.write_back_ps
        for frames in (self._sent, self._leaving):
            at = bisect_right(frames, left_ps, key=_LEFT)
            if at < len(frames):
                return frames[at].left_ps + self._timing.write_back_ps
        return NEVER_PS

    def clean(self, now_ps: int, most: int) -> list[Leaving]:
        """Give back up to `most` slots that were written back by now; their buffers are to be freed."""
        self.catch_up(now_ps)
        done_ps = now_ps - self._timing.write_back_ps
        done: list[Leaving] = []
        while self._sent and len(done) < most and self._sent[0].left_ps <= done_ps:
            done.append(self._sent.popleft())
        self.free += len(done)
        self._counts.descriptors_completed(now_ps, self.queue, len(done))
        return done

    # ---- the wire's side -------------------------------------------------------------------

    def catch_up(self, now_ps: int) -> None:
        """Book each frame with its last bit sent by `now_ps`."""
        leaving = self._leaving
        while leaving and leaving[0].left_ps <= now_ps:
            gone = leaving.popleft()
            self._passing_on -= gone.passed_on
            self._books.sent(gone.left_ps, self.queue, gone.frame, gone.passed_on)
            self._sent.append(gone)

    def meter(self) -> RingMeter:
        """Its meter: `done` slots from `head` on wait until they are sent and cleaned."""
        clean = self.next_to_clean
        return RingMeter(
            self.queue, self.size, clean, self.next_to_use, clean, self.used, 0, None, RingKind.TX
        )
