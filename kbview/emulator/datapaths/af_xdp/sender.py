"""An application that only sends through AF_XDP: a batch into TX, completions back, again.

    chunks of its own --batch--> TX ring --driver--> NIC --> COMPLETION --> its chunks again

It never reads RX. Frames that the XDP program redirects take chunks out of FILL until FILL is empty;
then the socket receives no more. After the last frame it closes the socket, which drops frames in RX.
Linux: samples/bpf/xdpsock_user.c tx_only(), complete_tx_only()
"""

from kbview.emulator.application import Production
from kbview.emulator.datapaths.af_xdp.poll import XskPoll
from kbview.emulator.datapaths.af_xdp.thread import XskThread
from kbview.emulator.datapaths.af_xdp.xsk import XskRings
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.tape.vocabulary import DropReason, Place

CLOSED = DropReason.SOCKET_CLOSE


class XskSender(XskThread):
    """xdpsock -t, "txpush"."""

    def __init__(
        self,
        machine: Machine,
        core: Core,
        xsk: XskRings,
        driver: XskPoll,
        made: Production,
        burst: int,
    ) -> None:
        super().__init__(machine, core, xsk, driver, burst)
        self._made = made
        self._put = machine.prices.step("xsk_put")

    def stop(self) -> None:
        if self._core.resting and self._task.runnable:
            self._core.shorten_rest(self._core.now_ps)

    def _main(self) -> Process:
        core, xsk = self._core, self._xsk
        while self._made.left or self.outstanding:
            if core.now_ps > core.horizon_ps:
                yield
            before = self.outstanding
            room = min(self._burst, xsk.tx.room, xsk.tx.size - before)
            if room == self._burst:  # xsk_ring_prod__reserve() takes all or nothing
                yield from self._produce(room)
                if core.now_ps > core.horizon_ps:
                    yield
            waited = self.outstanding == before
            yield from self._complete()
            if waited and self.outstanding == before and not xsk.tx_wants_wakeup:
                yield from self._spin()
        self._close()

    def _produce(self, count: int) -> Process:
        core, xsk = self._core, self._xsk
        frames = self._made.make(count, core.now_ps)
        for frame in frames:
            core.spend(self._put, frame.packet)
        if core.now_ps > core.horizon_ps:
            yield
        xsk.to_send.extend(frames)
        xsk.tx.produce(core, len(frames))
        self.outstanding += len(frames)

    def _take_back(self, _count: int) -> Process:
        """The next batch overwrites the oldest chunks, so there is only the look at the ring."""
        core = self._core
        core.spend(self._peek)
        if core.now_ps > core.horizon_ps:
            yield

    def _close(self) -> None:
        """Close the socket, and drop the frames in RX."""
        xsk = self._xsk
        xsk.closed = True
        while xsk.received:
            self._machine.books.drop(self._core, xsk.received.popleft(), Place.XSK, CLOSED)
            xsk.rx.consume(self._core, 1)
            xsk.fill.produce(self._core, 1)
