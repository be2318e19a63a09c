"""A receive queue: its coming arrivals, its ring, its vector, and the time of the next interrupt.

    arrivals (known ahead) --catch_up--> ring --driver--> ...
                                          |
                                          +--> vector, moderated, unless masked

The wire is no actor: the queue takes its arrivals in when a program looks at the ring. A frame takes
its descriptor when it arrives; the descriptor is done `dma_ps` later, before any interrupt. `inject`
puts a frame of a closed loop between the other arrivals as soon as it is known.
"""

from bisect import bisect_right, insort
from collections.abc import Callable
from heapq import merge
from operator import attrgetter

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.arrival import InView, Supply
from kbview.emulator.hardware.books import Books
from kbview.emulator.hardware.known_arrivals import KnownArrivals
from kbview.emulator.hardware.moderation import Moderation
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.hardware.tx import TxRing
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.hardware.write_back import WriteBack
from kbview.packet.frame import Frame

_ARRIVED = attrgetter("arrived_ps")


class RxQueue(KnownArrivals):
    """A receive queue of a NIC. `masked` is None while no driver uses its vector.

    A polling driver sets `watcher`: the queue calls it with the time of the next done descriptor when
    that time changes. Without a watcher the queue arms its vector anew, unless it is masked. With
    `each` the interrupt line stays up while frames wait.
    """

    def __init__(self, number: int, supply: Supply, moderation: Moderation, books: Books) -> None:
        super().__init__()
        self.number = number
        self.ring = RxRing(number, 2)
        self.tx: TxRing | None = None
        self.completes = True  # a sent frame raises the same vector
        self.once = False  # each sent frame raises it once, cleaned or not
        self.moderation = self._set = moderation
        self.each = False
        self.last_irq_ps = -NEVER_PS  # when the NIC sent its last message
        self.masked: bool | None = None
        self.vector: Vector | None = None
        self.watcher: Callable[[int], None] | None = None
        self._supply = supply
        self._books = books
        self.opened = False
        self.taken = 0  # frames that got a descriptor
        self.taken_bytes = 0
        self._unmasked_ps = 0
        self._seen_ps = 0
        self._write_back: WriteBack | None = None  # None where each descriptor is written at once
        self._injected: list[Frame] = []

    def open(self, ring: RxRing, tx: TxRing | None) -> None:
        """A driver gives it a ring and lets traffic in."""
        self.ring, self.tx, self.completes, self.each = ring, tx, True, False
        self.once = False
        self.masked = self.vector = self.watcher = None
        self.moderation, self.opened = self._set, True  # a driver may adapt the moderation
        if self._set.gathered > 1:
            self._write_back = WriteBack(self._set.gathered, self._set.gather_ps)

    def close(self) -> None:
        """Let nothing in; frames wait on the wire's side until the next `open`."""
        self.opened = False

    @property
    def opened_ps(self) -> int:
        """When its NIC was opened."""
        return self._supply.opened_ps

    # ---- arrivals --------------------------------------------------------------------------

    @property
    def waiting(self) -> bool:
        """Whether arrivals are known that are still to come."""
        return self._next < len(self._frames) or bool(self._injected)

    def inject(self, frame: Frame) -> None:
        """A frame of a closed loop will arrive, at the latest time looked at if its own has passed."""
        frame.arrived_ps = max(frame.arrived_ps, self._seen_ps)
        insort(self._injected, frame, key=_ARRIVED)
        self.look_again()

    def next_arrival_ps(self) -> int:
        """When the next frame will be there, as far as is known; NEVER_PS when none is known."""
        if not self.opened:
            return NEVER_PS
        next_ps = self._times[self._next]
        return min(next_ps, self._injected[0].arrived_ps) if self._injected else next_ps

    def next_ready_ps(self) -> int:
        """When the driver will next find a done descriptor; never if the NIC has none to write to."""
        ready = self.ring.ready
        first_ps = ready[0] if ready else self._next_written_ps() if self.ring.free else NEVER_PS
        return first_ps + self.moderation.dma_ps if first_ps < NEVER_PS else NEVER_PS

    def _next_written_ps(self) -> int:
        """When the NIC begins to write the descriptor of the next frame."""
        if self._write_back is None or not self.opened:
            return self.next_arrival_ps()
        coming = merge(self._coming(), map(_ARRIVED, self._injected))
        return self._write_back.next_ps([*coming][: self._set.gathered])

    def _coming(self) -> list[int]:
        """The next arrivals that may belong to a batch, ps; more traffic is made known for them."""
        count, supply = self._set.gathered, self._supply
        coming = self._times[self._next : self._next + count]
        if coming[-1] == NEVER_PS and supply.loaded_ps <= self._seen_ps + self._set.gather_ps:
            supply.load(self._seen_ps)
            coming = self._times[self._next : self._next + count]
        return coming[:-1] if coming[-1] == NEVER_PS else coming

    def catch_up(self, now_ps: int) -> None:
        """Take in everything that has arrived by now."""
        if not self.opened:
            return
        self._seen_ps = now_ps
        while True:
            if self._injected:
                self._merge(now_ps)
            if self._times[self._next] <= now_ps:
                self._claim(self._arrived_by(now_ps))
            if self._supply.loaded_ps > now_ps:
                return
            self._supply.load(now_ps)

    def catch_up_in_turn(self, ready_ps: int, apart_ps: int, most: int) -> None:
        """Take in the arrivals while up to `most` frames are cleaned, a frame every `apart_ps`.

        The first turn is at `ready_ps`. The frames that are taken in are a series without a gap: each
        frame has arrived by its turn.
        """
        times, index = self._times, self._next
        if self._injected:
            self.catch_up(ready_ps)
            return
        last = index + most
        while index < last and times[index] <= ready_ps:
            index += 1
            ready_ps += apart_ps
        if index > self._next:
            self.catch_up(ready_ps - apart_ps)

    def in_view(self, most: int) -> InView:
        """Up to `most` frames that the driver will find: in the ring, then the known arrivals."""
        ring, start = self.ring, self._next
        certain = self.opened and not self._injected and self._write_back is None
        known = min(most, len(self._frames) - start)
        stop = start + known if certain and not self._supply.bus.contended else start
        if not ring.frames:
            return InView(self._frames, self._times, start, stop)
        frames = [*ring.frames, *self._frames[start:stop]]
        times = [*ring.ready, *self._times[start:stop]]
        return InView(frames, times, 0, min(most, len(frames)))

    def clean(self, count: int) -> None:
        """The driver has cleaned the first `count` frames in view, and gives them back later."""
        waiting = self.ring.clean(count)
        if waiting < count:
            self.ring.pass_by(len(self._arrive(self._next + count - waiting)))

    def take_through(self, stop: int) -> list[Frame]:
        """The frames up to index `stop` have arrived, and the driver has cleaned them already."""
        frames = self._arrive(stop)
        self.ring.pass_through(len(frames))
        return frames

    def _arrive(self, stop: int) -> list[Frame]:
        start, self._next = self._next, stop
        frames, length = self._frames[start:stop], self._bytes[stop] - self._bytes[start]
        self.taken += len(frames)
        self.taken_bytes += length
        self._books.arrived(self, frames, frames, [], length)
        return frames

    def _merge(self, now_ps: int) -> None:
        """Take in the injected frames due by `now_ps`, each after the arrivals before it."""
        while self._injected and self._injected[0].arrived_ps <= now_ps:
            frame = self._injected.pop(0)
            self._claim(bisect_right(self._times, frame.arrived_ps, self._next))
            self._take([frame], [frame.arrived_ps], frame.length)

    def _claim(self, stop: int) -> None:
        start, self._next = self._next, stop
        if start < stop:
            length = self._bytes[stop] - self._bytes[start]
            self._take(self._frames[start:stop], self._times[start:stop], length)

    def _take(self, frames: list[Frame], ready: list[int], length: int) -> None:
        """Frames have arrived: descriptors for as many as there are, the rest is missed."""
        ring = self.ring
        taken = frames
        if self._supply.bus.contended:
            taken, ready = self._supply.bus.carry(frames, ring.free)
        elif len(frames) > ring.free:
            taken, ready = frames[: ring.free], ready[: ring.free]
        if self._write_back is not None:
            ready = self._write_back.times(ready, self._coming())
        self.taken += len(taken)
        self.taken_bytes += length if taken is frames else sum([frame.length for frame in taken])
        self._books.arrived(self, frames, taken, ready, length)
        ring.claim(taken, ready)

    # ---- interrupts ------------------------------------------------------------------------

    def request_irq(self, vector: Vector, *, completes: bool = True) -> None:
        """Raise this vector from now on; it is masked at first.

        With `completes` a finished transmission raises it too.
        """
        self.vector, self.completes, self.masked = vector, completes, True

    def watch(self, watcher: Callable[[int], None] | None) -> None:
        """Tell `watcher` the time of the next done descriptor; None: raise the vector again."""
        self.watcher = watcher

    @property
    def fired_ps(self) -> int:
        """When its interrupt last reached the core; -NEVER_PS before the first, or without a vector."""
        return -NEVER_PS if self.vector is None else self.vector.fired_ps

    def masked_since(self, fired_ps: int) -> None:
        """The handler of an interrupt that came at `fired_ps` has masked it."""
        if self.vector is not None:
            self.vector.fired_ps = fired_ps
        self.mask()

    def mask(self) -> None:
        """The handler runs: nothing more until `unmask`.

        The NIC counts the time to the next interrupt from its message, not from the handler.
        """
        self.masked = True
        if self.vector is not None:
            self.last_irq_ps = self.vector.fired_ps - self.moderation.delivery_ps

    def unmask(self, now_ps: int) -> None:
        """The vector may fire again."""
        self.masked = False
        self._unmasked_ps = now_ps
        if self.vector is not None:
            self.vector.arm(self.next_irq_ps(now_ps))

    def sent_only(self, now_ps: int) -> bool:
        """Whether an interrupt of this moment is for sent frames alone: no received frame is there."""
        tx = self.tx if self.completes else None
        return tx is not None and tx.next_done_ps() <= now_ps < self.next_ready_ps()

    def look_again(self) -> None:
        """The known future has changed: by a frame, a completion, or a chunk of traffic."""
        if self.watcher is not None:
            self.watcher(self.next_ready_ps())
        elif self.vector is not None and self.masked is False:
            self.vector.arm(min(self.vector.due_ps, self.next_irq_ps(self._unmasked_ps)))

    def next_irq_ps(self, now_ps: int) -> int:
        """When a vector unmasked now reaches its core; NEVER_PS if nothing known will raise it."""
        moderation, quiet = self.moderation, self.moderation.quiet and not self.each
        ready_ps = self._quiet_ps() if quiet else self.next_ready_ps()
        if self.tx is not None and self.completes:
            tx, sent_ps = self.tx, moderation.sent_ps
            told_ps = self.last_irq_ps - sent_ps
            done_ps = tx.next_done_after_ps(told_ps) if self.once else tx.next_done_ps()
            ready_ps = min(ready_ps, done_ps + sent_ps)
        if ready_ps >= NEVER_PS:
            return NEVER_PS
        if self.each:
            return max(ready_ps + moderation.delivery_ps, now_ps)
        allowed_ps = self.last_irq_ps + (0 if quiet else moderation.gap_ps)
        if ready_ps < allowed_ps and 0 < moderation.frames <= self.ring.free + len(self.ring.frames):
            allowed_ps = min(allowed_ps, self._filled_ps(moderation.frames))
        return max(ready_ps, allowed_ps, now_ps) + moderation.delivery_ps

    def _quiet_ps(self) -> int:
        """When enough frames are there, or none has followed the latest for long enough."""
        gap_ps, frames, dma_ps, *_ = self.moderation
        coming = self._times[self._next : self._next + frames] if self.opened else ()
        injected = map(_ARRIVED, self._injected)
        seen, last_ps = 0, NEVER_PS
        for at_ps in merge(self.ring.ready, coming, injected):
            if seen == frames or at_ps > last_ps + gap_ps:
                break
            seen, last_ps = seen + 1, at_ps
        return last_ps + dma_ps + (0 if seen == frames else gap_ps)

    def _filled_ps(self, frames: int) -> int:
        """When `frames` of the known frames will be waiting."""
        beyond = self._next + frames - len(self.ring.frames) - 1
        if beyond < self._next:
            return self.last_irq_ps
        return self._times[min(beyond, len(self._times) - 1)] + self.moderation.dma_ps
