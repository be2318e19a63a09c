"""An application that receives through AF_XDP: it takes frames from the RX ring and gives chunks back.

    chunks that were sent: from COMPLETION to FILL; TX wants a wake-up? --> sendto()
    RX ring: a batch --> work --> chunk to FILL, or to TX
       | empty
       v

    the driver has stopped because FILL was empty? --> poll(): wakes the driver, may sleep
       | no
       v
    look again, or with xsk_wait = "poll" and no frame out: poll(), asleep until RX holds a frame

So the thread calls the driver only after it has worked on all its frames. A driver that asks for a
wake-up after each cleaning gets a sendto() at each look while frames are out. Without need_wakeup
nobody says whether the driver has stopped, and the thread makes the same calls.
Linux: samples/bpf/xdpsock_user.c rx_drop(), l2fwd()
"""

from kbview.emulator.burst_work import Work
from kbview.emulator.datapaths.af_xdp.poll import XskPoll
from kbview.emulator.datapaths.af_xdp.thread import XskThread
from kbview.emulator.datapaths.af_xdp.xsk import XskRings
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import DropReason, Place


class XskReader(XskThread):
    """The receiving thread: rxdrop, or l2fwd where its work sends frames on.

    With `sleeps` it waits in poll(), else it spins.
    """

    def __init__(
        self,
        machine: Machine,
        core: Core,
        xsk: XskRings,
        driver: XskPoll,
        work: Work,
        burst: int,
        *,
        sleeps: bool = False,
    ) -> None:
        super().__init__(machine, core, xsk, driver, burst)
        self._work = work
        self._sleeps = sleeps
        self.sends = work.sends

    def _main(self) -> Process:
        core, xsk = self._core, self._xsk
        while True:
            if core.now_ps > core.horizon_ps:
                yield
            yield from self._complete()
            if core.now_ps > core.horizon_ps:
                yield
            if not xsk.received:
                yield from self._wait()
                continue
            frames = self._take()
            outgoing = self._work.take(core, frames)
            xsk.in_hand = len(outgoing) if self._work.passes_on else 0
            yield from self._give_back(len(frames) - len(outgoing))
            yield from self._put(outgoing)

    def _wait(self) -> Process:
        """RX is empty: wake a driver that has stopped, sleep, or look again."""
        xsk = self._xsk
        if xsk.wants_wakeup and xsk.fill.filled:
            return self._poll()
        return self._sleep() if self._sleeps and not self.outstanding else self._look_again()

    def _take(self) -> list[Frame]:
        """A batch from the RX ring."""
        core, xsk = self._core, self._xsk
        count = min(self._burst, len(xsk.received))
        frames = [xsk.received.popleft() for _ in range(count)]
        xsk.rx.consume(core, count)
        self._machine.counts.burst_received(core, self._driver.queue_number, count, self._burst)
        core.spend(self._peek)
        return frames

    def _put(self, frames: list[Frame]) -> Process:
        """Put frames into the TX ring; frames that find no room are given up."""
        core, xsk, books = self._core, self._xsk, self._machine.books
        count = min(len(frames), xsk.tx.room)
        xsk.to_send.extend(frames[:count])
        xsk.tx.produce(core, count)
        self.outstanding += count
        xsk.in_hand = 0
        for frame in frames[count:]:
            books.give_up(core, frame, Place.XSK_TX, DropReason.TX_RING_FULL, self._work.passes_on)
        yield from self._give_back(len(frames) - count)
