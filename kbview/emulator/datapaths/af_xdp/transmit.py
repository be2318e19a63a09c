"""Sending from an AF_XDP socket's TX ring: zero-copy in the driver's poll, else in the system call.

    zero-copy   poll: clean sent frames --> COMPLETION; TX ring --> descriptors --> a doorbell
    copy        sendto(): up to 16 frames, each copied into an sk_buff and given to the driver at once

With need_wakeup the drivers of Intel's adapters ask for a wake-up after each cleaning, so the
application makes a sendto() a batch, and the software interrupt does not wait for the moderation. The
driver mlx5 asks only while no frame is on its way: until then a moderated completion starts the next
poll.
Linux: i40e_clean_xdp_tx_irq(), ice_xmit_zc(), igb_clean_tx_irq(), mlx5e_xsk_update_tx_wakeup();
net/xdp/xsk.c xsk_generic_xmit(), TX_BATCH_SIZE
"""

from collections.abc import Generator

from kbview.emulator.datapaths.af_xdp.xsk import XskMode, XskRings
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.tx import TxRing
from kbview.emulator.kernel.socket.send_buffer import linear_truesize
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import CopyKind

TX_BATCH_SIZE = 16
WORK_LIMIT = 256  # frames a poll, of ixgbe, i40e and ice; mlx5e has MLX5E_TX_XSK_POLL_BUDGET 64


class XskTransmit:
    """The sending half of a queue's driver; `ring` is the NIC's."""

    def __init__(self, machine: Machine, ring: TxRing, xsk: XskRings, mode: XskMode) -> None:
        self._ring = ring
        self._xsk = xsk
        self._mode = mode
        self._counts = machine.counts
        step, sequence = machine.prices.step, machine.prices.sequence
        self._send = step("xsk_tx")
        self._copy = sequence("sock_alloc_send_skb", "xsk_tx_copy", "ndo_start_xmit")
        self._done = (
            step("xsk_complete")
            if mode.zero_copy
            else sequence("tx_clean", "napi_consume_skb", "xsk_complete")
        )
        self._doorbell = step("doorbell")

    @property
    def buffers(self) -> int:
        """sk_buffs that are not freed yet."""
        return 0 if self._mode.zero_copy else self._ring.used

    # ---- in the driver's poll --------------------------------------------------------------

    def poll(self, core: Core) -> Generator[None, None, bool]:
        """Clean, then send; returns whether the work limit stopped it.

        A full ring is no reason to poll again: a completion will interrupt. i40e does so since 5.11;
        before, its poll repeated until the NIC had sent some frames.
        """
        yield from self._clean(core)
        if not self._mode.zero_copy:
            return False
        ring, xsk = self._ring, self._xsk
        count = min(WORK_LIMIT, xsk.tx.filled, ring.free)
        for _ in range(count):
            frame = xsk.to_send.popleft()
            core.spend(self._send, frame.packet)
            ring.post(core, frame, passed_on=self._mode.passes_on)
        if core.now_ps > core.horizon_ps:
            yield
        xsk.tx.consume(core, count)
        if count:
            ring.doorbell(core)
            core.spend(self._doorbell)
        if self._mode.need_wakeup:
            xsk.tx_wants_wakeup = not (self._mode.tx_idle and ring.used)
        return count == WORK_LIMIT

    def _clean(self, core: Core) -> Process:
        xsk, ring = self._xsk, self._ring
        done = ring.clean(core.now_ps, min(ring.size, xsk.completion.room))
        for gone in done:
            core.spend(self._done, gone.frame.packet)
            if not self._mode.zero_copy:
                self._counts.skb_freed(core, gone.frame.packet)
        if core.now_ps > core.horizon_ps:
            yield
        xsk.complete(core, len(done))

    # ---- in the application's call, copy mode ----------------------------------------------

    def generic_xmit(self, core: Core) -> Process:
        """Send as many frames as a call may; the rest waits for the next call (EAGAIN)."""
        xsk, ring = self._xsk, self._ring
        for _ in range(TX_BATCH_SIZE):
            if core.now_ps > core.horizon_ps:
                yield  # the softirq cleans the same ring
            if not xsk.to_send or not ring.free:
                return
            frame = xsk.to_send.popleft()
            xsk.tx.consume(core, 1)
            self._built(core, frame)
            ring.post(core, frame, passed_on=self._mode.passes_on)
            ring.doorbell(core)
            core.spend(self._doorbell)

    def _built(self, core: Core, frame: Frame) -> None:
        core.spend_copying(self._copy, frame.length, frame.packet)
        self._counts.skb_allocated(core, frame.packet, linear_truesize(frame.length))
        self._counts.copied(core, frame.packet, CopyKind.FROM_UMEM, frame.length)
