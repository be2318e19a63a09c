"""A descriptor ring shared by NIC and driver.

    head           where the NIC writes next            moved by hardware
    tail           last descriptor given to the NIC     moved by the driver's doorbell
    next_to_clean  where the driver reads next          the driver's own note

      next_to_clean      head             tail
           v               v                v
    | . . . D D D D D D D D n n n n n n n n . |     D done   n the NIC's   . cleaned, not given back

head == tail means the NIC has nowhere to write: the next frame is missed. So a ring of N holds N-1.
Read more: Intel 82599 datasheet, 7.1.8 "Receive Descriptor Queue Structure".
"""

from collections import deque

from kbview.packet.frame import Frame
from kbview.tape.meter import RingMeter


class RxRing:
    """Where received frames wait for the driver. The size is a power of two."""

    def __init__(self, queue: int, size: int) -> None:
        if size < 2 or size & (size - 1):
            below = 1 << max(1, size.bit_length() - 1)
            raise ValueError(
                f"ring = {size} is not a power of two; use {below} or {below * 2}"
                if size >= 2
                else f"ring = {size} is too small; use a power of two from 2 up"
            )
        self.queue = queue
        self.size = size
        self.frames: deque[Frame] = deque()  # next_to_clean .. head
        self.ready: deque[int] = deque()  # from when the NIC writes each, done a DMA write later
        self.head = 0
        self.free = size - 1
        self.cleaned = 0

    @property
    def tail(self) -> int:
        """The driver's doorbell register."""
        return (self.head + self.free) % self.size

    @property
    def next_to_clean(self) -> int:
        """The slot of the oldest frame."""
        return (self.head - len(self.frames)) % self.size

    def withhold(self) -> None:
        """The driver gives the NIC no descriptors at all: whatever arrives is missed."""
        self.free = 0

    def claim(self, frames: list[Frame], ready_ps: list[int]) -> None:
        """Hardware takes the next descriptors; there must be room."""
        count = len(frames)
        if count == 1:
            self.frames.append(frames[0])
            self.ready.append(ready_ps[0])
        else:
            self.frames.extend(frames)
            self.ready.extend(ready_ps)
        self.free -= count
        self.head = (self.head + count) % self.size

    def pass_through(self, count: int) -> None:
        """Descriptors are taken, cleaned and given back in one step."""
        self.head = (self.head + count) % self.size

    def clean(self, count: int) -> int:
        """Clean up to `count` descriptors with frames; returns how many there were."""
        if count >= len(self.frames):
            count = len(self.frames)
            self.frames.clear()
            self.ready.clear()
        else:
            for _ in range(count):
                self.frames.popleft()
                self.ready.popleft()
        self.cleaned += count
        return count

    def pass_by(self, count: int) -> None:
        """Descriptors are taken and cleaned in one step, and given back later; there must be room."""
        self.free -= count
        self.cleaned += count
        self.head = (self.head + count) % self.size

    def take_done(self, ready_ps: int) -> Frame | None:
        """Look at the DD bit of the oldest descriptor; take its frame, or None where DD is not set.

        The NIC sets DD (descriptor done) and EOP (end of packet) together when it writes the descriptor
        back, a DMA write after the frame got it. `ready_ps` is now less that DMA write, so DD is set
        where the write began by then. A frame takes one descriptor. Intel 82599 datasheet, 7.1.6.2.
        """
        ready = self.ready
        if ready and ready[0] <= ready_ps:
            self.cleaned += 1
            ready.popleft()
            return self.frames.popleft()
        return None

    def take_burst(self, ready_ps: int, most: int) -> list[Frame]:
        """As `take_done`, up to `most` frames."""
        frames: list[Frame] = []
        ready, waiting = self.ready, self.frames
        while len(frames) < most and ready and ready[0] <= ready_ps:
            ready.popleft()
            frames.append(waiting.popleft())
        self.cleaned += len(frames)
        return frames

    def refill(self, most: int | None = None) -> int:
        """The driver gives cleaned descriptors back, all of them or `most`; returns how many."""
        count = self.cleaned if most is None else min(most, self.cleaned)
        self.free += count
        self.cleaned -= count
        return count

    def meter(self, masked: bool | None) -> RingMeter:
        """Its meter; `masked` is the state of the queue's vector."""
        return RingMeter(
            self.queue,
            self.size,
            self.head,
            self.tail,
            self.next_to_clean,
            len(self.frames),
            self.cleaned,
            masked,
        )
