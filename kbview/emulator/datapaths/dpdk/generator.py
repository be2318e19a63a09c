"""A sending lcore: fill mbufs, tx_burst, again; when the ring is full, try until the NIC has sent some.

DPDK: app/test-pmd/txonly.c
"""

from kbview.emulator.application import Production
from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import POLL_USEFUL, Context, Core
from kbview.emulator.hardware.machine import Machine
from kbview.packet.frame import Frame
from kbview.tape.events import Mode


class Generator:
    """The thread. It ends when its production does."""

    def __init__(
        self, machine: Machine, core: Core, port: PortQueue, made: Production, burst: int
    ) -> None:
        self._core = core
        self._port = port
        self._made = made
        self._burst = burst
        self._fill = machine.prices.sequence("mbuf_alloc", "app_work")

    def start(self) -> None:
        """Put the thread on its core."""
        self._core.start(Context("lcore", self._main(), POLL_USEFUL, Mode.USER))

    def wait_anew(self) -> None:
        """Nothing that arrives is waited for; what is made is told to end."""
        self._made.left = 0

    @property
    def in_hand(self) -> int:
        """Frames of others that it holds: none."""
        return 0

    def _main(self) -> Process:
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
        mbufs = self._port.mbufs
        frames = self._made.make(count if mbufs is None else mbufs.available(count), core.now_ps)
        if mbufs is not None:
            mbufs.get(len(frames))
        for frame in frames:
            core.spend(self._fill, frame.packet)
        return frames
