"""mTCP on DPDK: the TCP thread polls its queues in bursts and never sleeps.

mtcp/src/dpdk_module.c. Its option RX_IDLE_ENABLE, a short sleep without packets, is off by default.
"""

from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.common_settings import CommonSettings
from kbview.emulator.cost import Step
from kbview.emulator.datapaths.mtcp.io_module import BATCH, Frames
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.tx import TxRing
from kbview.packet.frame import Frame


class DpdkModule:
    """The poll-mode driver, its buffers in pages of `page`. Mbufs are not counted."""

    alloc: tuple[str, ...] = ("mbuf_alloc",)

    def __init__(
        self, machine: Machine, settings: CommonSettings, page: str, tx_rings: list[TxRing]
    ) -> None:
        self._machine = machine
        self._settings = settings
        self._page = page
        self._tx_rings = tx_rings

    def init_handle(self, core: Core, queues: list[RxQueue], _task: Context) -> "DpdkContext":
        """A port for each queue of the core."""
        machine, settings = self._machine, self._settings
        tlb = machine.tlb(self._page, len(queues) * (settings.ring + settings.tx_ring))
        ports = [
            PortQueue(machine, queue, self._tx_rings[queue.number], tlb, BATCH) for queue in queues
        ]
        return DpdkContext(machine, core, ports)


class DpdkContext:
    """The ports of one core."""

    def __init__(self, machine: Machine, core: Core, ports: list[PortQueue]) -> None:
        self.free: Step | None = machine.prices.step("mbuf_free")
        self._core = core
        self._ports = ports
        self._sending = False
        for port in ports:
            port.queue.watch(self._shorten_spin)

    def idle(self) -> bool:
        return self._next_ready_ps() > self._core.now_ps

    def receive(self) -> Frames:
        core = self._core
        if core.now_ps > core.horizon_ps:
            yield
        return [frame for port in self._ports for frame in port.rx_burst(core)]

    def send(self, frames: list[Frame]) -> Process:
        """Burst after burst; dpdk_send_pkts() repeats tx_burst while the ring is full."""
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

    def wait(self, until_ps: int) -> Process:
        """Empty polls, at most until the scheduler gives the core to the application."""
        self._spin(until_ps)
        yield

    def asleep(self) -> bool:
        return False

    def wake(self) -> None:
        """It never sleeps, so there is nothing to do."""

    def wait_anew(self, until_ps: int) -> None:
        if self._core.resting and not self._sending:
            self._spin(until_ps)

    def _spin(self, until_ps: int) -> None:
        core = self._core
        until_ps = min(self._next_ready_ps(), until_ps, core.run_queue.turn_ends_ps)
        if until_ps > core.now_ps:
            core.spin(self._ports[0].empty_poll, until_ps)

    def _next_ready_ps(self) -> int:
        return min(port.next_ready_ps() for port in self._ports)

    def _shorten_spin(self, ready_ps: int) -> None:
        """A frame will be in memory earlier than was known when the spin began."""
        if self._core.resting and ready_ps < NEVER_PS:
            self._core.shorten_rest(ready_ps)
