"""pktgen: a kernel thread that gives the driver sk_buffs without system call, copy or stack.

    fill_packet --> lock the queue --> ndo_start_xmit, `burst` times, xmit_more --> doorbell --> again
         ^                                     | ring full
         | after clone_skb rounds              v
         +----------------------------  try again; it never sleeps

All frames of a round share one sk_buff, which counts its users: a burst costs one allocation, and with
`clone_skb` many bursts do. Linux: net/core/pktgen.c pktgen_xmit()
"""

from collections import deque
from dataclasses import dataclass
from typing import Annotated

from kbview.emulator.application import ApplicationSettings, Production
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.account import SYSCALL
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.kernel.send.xmit import TxQueue
from kbview.emulator.kernel.skb import SharedSkb
from kbview.emulator.kernel.socket.send_buffer import linear_truesize
from kbview.emulator.kernel.softirq import Softirq
from kbview.emulator.keys import MOST, number
from kbview.packet.frame import Frame
from kbview.tape.events import Mode
from kbview.tape.meter import SocketMeter


@dataclass(frozen=True, kw_only=True)
class PktgenSettings(ApplicationSettings):
    """Settings of the kernel's packet generator."""

    clone_skb: Annotated[
        int, number("how often pktgen sends each sk_buff again; 0: once", "times", ge=0, le=MOST)
    ] = 0


class Pktgen:
    """One kpktgend on its core. `waits` is False: the thread never sleeps, it tries again."""

    waits = False

    def __init__(
        self,
        machine: Machine,
        core: Core,
        made: Production,
        queue: TxQueue,
        settings: PktgenSettings,
        softirq: Softirq | None,
    ) -> None:
        self.core = core
        self._made = made
        self._queue = queue
        self._burst = settings.burst
        self._rounds = max(1, settings.clone_skb)
        self._counts = machine.counts
        self._skb: SharedSkb | None = None
        self._skbs: deque[SharedSkb] = deque()  # all that may have users
        self._spins = False
        self._sent = 0  # rounds with this sk_buff
        step, sequence = machine.prices.step, machine.prices.sequence
        self._fill = sequence("sock_alloc_send_skb", "pktgen_fill")
        self._round = step("pktgen_xmit")
        self._softirq = softirq  # of its core
        self._task = Context(f"kpktgend_{core.number}", self._main(), SYSCALL, Mode.KERNEL)

    def start(self) -> None:
        """Put the thread on its core."""
        self._queue.woken.append(self._go_on)
        self.core.start(self._task)

    @property
    def buffers(self) -> int:
        """sk_buffs with users: the thread, or slots of the ring."""
        while self._skbs and not self._skbs[0].users:
            self._skbs.popleft()
        return len(self._skbs)

    def stop(self) -> None:
        """No more frames are made: end a wait for the ring."""
        if self._spins:
            self.core.shorten_rest(self.core.now_ps)

    def meters(self) -> dict[str, SocketMeter]:
        """No meters: pktgen has no socket."""
        return {}

    def _main(self) -> Process:
        core, queue = self.core, self._queue
        while self._made.left:
            if core.now_ps > core.horizon_ps:
                yield  # the ring's other side is the softirq's
            if not queue.ring.free:
                yield from self._try(core)
                continue
            self._xmit(core)
            if self._softirq is not None and self._softirq.local_bh_enable():
                yield
        self._let_go(core)

    def _try(self, core: Core) -> Process:
        """netif_xmit_frozen_or_drv_stopped(): look again, until the ring has room."""
        core.spin(self._round, NEVER_PS)
        self._spins = core.resting
        if core.resting:
            yield
        self._spins = False

    def _xmit(self, core: Core) -> None:
        """pktgen_xmit(): send one round, at most as many frames as the ring has room for."""
        frames = self._made.make(min(self._burst, self._queue.ring.free), core.now_ps)
        skb = self._shared(core, frames[0])
        skb.users += len(frames)
        core.spend(self._round, frames[0].packet)
        for frame in frames:
            frame.inner = skb
        self._queue.start_burst(core, frames)

    def _shared(self, core: Core, first: Frame) -> SharedSkb:
        """The sk_buff of this round: the previous sk_buff, or a new one after `clone_skb` rounds."""
        if self._skb is not None and self._sent < self._rounds:
            self._sent += 1
            return self._skb
        self._let_go(core)
        core.spend(self._fill, first.packet)
        self._counts.skb_allocated(core, first.packet, linear_truesize(first.length))
        made = self._skb = SharedSkb(first.packet)
        self._skbs.append(made)
        self._sent = 1
        return made

    def _let_go(self, core: Core) -> None:
        """Release the sk_buff; slots of the ring may still use it."""
        skb, self._skb = self._skb, None
        if skb is not None:
            self._queue.skbs.free_shared(core, skb, sent=False)

    def _go_on(self, waker: Core) -> None:
        """netif_tx_wake_queue(): the ring has room again, so try now."""
        if self._spins and self.core is not waker:
            self.core.shorten_rest(waker.now_ps)
            waker.give_way_by(waker.now_ps)
