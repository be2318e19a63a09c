"""mTCP on DPDK: the TCP thread polls its queues in bursts, also when nothing comes.

mtcp/src/dpdk_module.c; RX_IDLE_ENABLE, with which it would nap, is left out there.
"""

from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.cost import Step
from kbview.emulator.datapaths.mtcp.io import BATCH, Frames
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import Context, Core
from kbview.emulator.hardware.machine import Machine
from kbview.packet.frame import Frame


class PollIo:
    """The ports of one core. Nobody rouses it, for it never sleeps."""

    alloc: tuple[str, ...] = ("mbuf_alloc",)

    def __init__(self, machine: Machine, core: Core, ports: list[PortQueue]) -> None:
        self.free: Step | None = machine.prices.step("mbuf_free")
        self._core = core
        self._ports = ports
        self._sending = False
        for port in ports:
            port.queue.watcher = self._stir

    def open(self, task: Context) -> None:
        """Nothing is to be asked of a kernel."""

    def nothing(self) -> bool:
        return self._next_ready_ps() > self._core.now_ps

    def receive(self) -> Frames:
        core = self._core
        if core.now_ps > core.horizon_ps:
            yield
        return [frame for port in self._ports for frame in port.rx_burst(core)]

    def send(self, frames: list[Frame]) -> Process:
        """Burst after burst until the ring has taken all; dpdk_send_pkts() waits for a full one."""
        core, port = self._core, self._ports[0]
        while frames:
            if core.now_ps > core.horizon_ps:
                yield
            sent = port.tx_burst(core, frames[:BATCH], passed_on=False)
            del frames[:sent]
            if not sent:
                self._sending = True
                port.spin_to_send(core)
                if core.resting:
                    yield
                self._sending = False

    def rest(self, until_ps: int) -> Process:
        """Poll in vain; in the end the application's turn may have come."""
        self._spin(until_ps)
        yield

    def asleep(self) -> bool:
        return False

    def rouse(self) -> None:
        """There is nobody to be woken."""

    def wait_anew(self, until_ps: int) -> None:
        if self._core.resting and not self._sending:
            self._spin(until_ps)

    def _spin(self, until_ps: int) -> None:
        core = self._core
        until_ps = min(self._next_ready_ps(), until_ps, core.turn_ends_ps)
        if until_ps > core.now_ps:
            core.spin(self._ports[0].empty_poll, until_ps)

    def _next_ready_ps(self) -> int:
        return min(port.next_ready_ps() for port in self._ports)

    def _stir(self, ready_ps: int) -> None:
        """Something will be there earlier than was known when the spin began."""
        if self._core.resting and ready_ps < NEVER_PS:
            self._core.stir(ready_ps)
