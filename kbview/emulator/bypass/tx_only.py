"""An lcore that only sends: fill mbufs, tx_burst, again.

When the transmit ring is full, it calls tx_burst until the NIC has sent some frames.
DPDK: app/test-pmd/txonly.c
"""

from kbview.emulator.application import Production
from kbview.emulator.bypass.mempool import MempoolCache
from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.engine import Process
from kbview.emulator.hardware.account import POLL_USEFUL
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.packet.frame import Frame
from kbview.tape.events import Mode
from kbview.tape.vocabulary import CopyKind

_FROM_USER = CopyKind.FROM_USER


class TxOnlyLcore:
    """The thread. It ends with the last frame of `made`. `fill` are the steps that make a frame."""

    in_hand = 0  # forwarded frames: it forwards none

    def __init__(
        self,
        machine: Machine,
        core: Core,
        port: PortQueue,
        mbufs: MempoolCache,
        made: Production,
        burst: int,
        fill: tuple[str, ...],
    ) -> None:
        self._core = core
        self._port = port
        self._mbufs = mbufs
        self._made = made
        self._burst = burst
        self._counts = machine.counts
        self._fill = machine.prices.sequence(*fill)

    def start(self) -> None:
        """Put the thread on its core."""
        self._core.start(Context("lcore", self.lcore_main(), POLL_USEFUL, Mode.USER))

    def wait_anew(self) -> None:
        """Traffic has ended: make no more frames."""
        self._made.left = 0

    def lcore_main(self) -> Process:
        """Fill a burst and send it, until all frames are sent."""
        core = self._core
        waiting: list[Frame] = []
        while True:
            waiting += self._filled(core, self._burst - len(waiting))
            if not waiting:
                return
            if core.now_ps > core.horizon_ps:
                yield
            sent = self._port.tx_burst(core, waiting, passed_on=False)
            del waiting[:sent]
            if not sent:
                self._port.spin_to_send(core)
                if core.resting:
                    yield

    def _filled(self, core: Core, count: int) -> list[Frame]:
        """Up to `count` frames in mbufs; fewer if mbufs or the production run out."""
        frames = self._made.make(self._mbufs.available(count), core.now_ps)
        self._mbufs.get(len(frames))
        for frame in frames:
            if self._fill.copying is None:
                core.spend(self._fill, frame.packet)
            else:
                core.spend_copying(self._fill, frame.payload, frame.packet)
                self._counts.copied(core, frame.packet, _FROM_USER, frame.payload)
        return frames
