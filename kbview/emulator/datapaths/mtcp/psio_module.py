"""mTCP on the PacketShader engine: chunks without waiting, and a select that sleeps.

In mTCP ps_select() wakes every 100 us even without a packet. Here a frame, TCP's next timer or a signal
of the other thread ends the sleep.
mtcp/src/psio_module.c; the engine's ps_select()
"""

from kbview.emulator.common_settings import CommonSettings
from kbview.emulator.cost import Step
from kbview.emulator.datapaths.mtcp.io_module import BATCH, Frames
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.tx import TxRing
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.psio.handle import PsioHandle
from kbview.emulator.kernel.psio.psio_engine import PsioQueue
from kbview.emulator.kernel.softirq import Softirqs
from kbview.packet.frame import Frame


class PsioModule:
    """The engine in the kernel. Its cells are never allocated or freed."""

    alloc: tuple[str, ...] = ()

    def __init__(self, machine: Machine, settings: CommonSettings, tx_rings: list[TxRing]) -> None:
        self._machine = machine
        self._softirqs = Softirqs(machine, settings)
        self._tx_rings = tx_rings

    def init_handle(self, core: Core, queues: list[RxQueue], task: Context) -> "PsioContext":
        """open("/dev/packet_shader"), with the queues of the core attached."""
        machine = self._machine
        shared = [PsioQueue(machine, queue, self._tx_rings[queue.number]) for queue in queues]
        return PsioContext(machine, PsioHandle(machine, core, shared, self._softirqs, task))


class PsioContext:
    """The handle of one thread, up to BATCH frames a chunk."""

    def __init__(self, machine: Machine, handle: PsioHandle) -> None:
        self.free: Step | None = None
        self._core = handle.core
        self._handle = handle
        self._empty = False  # the latest chunk was
        self._hardirq = machine.prices.step("hardirq")
        self._timer = Vector(handle.core, self._expire)

    def idle(self) -> bool:
        return self._empty

    def receive(self) -> Frames:
        frames = yield from self._handle.recv_now(BATCH)
        self._empty = not frames
        return frames

    def send(self, frames: list[Frame]) -> Process:
        """Chunk after chunk; the call is repeated while the transmit ring is full."""
        handle = self._handle
        while frames:
            sent = yield from handle.send_chunk(handle.queues[0], frames[:BATCH], passed_on=False)
            del frames[:sent]

    def wait(self, until_ps: int) -> Process:
        """ps_select(): unmask the vectors of the queues, and sleep."""
        self._timer.arm(until_ps)
        yield from self._handle.select()
        self._timer.arm(NEVER_PS)
        self._empty = False

    def asleep(self) -> bool:
        return self._handle.waiters.sleeper is not None

    def wake(self) -> None:
        """A signal of the other thread."""
        self._handle.waiters.wake(self._core)

    def wait_anew(self, until_ps: int) -> None:
        self._timer.arm(until_ps)
        self._handle.wait_anew()

    def _expire(self, core: Core) -> None:
        """The timeout of select() has passed."""
        core.spend(self._hardirq)
        self._handle.waiters.wake(core)
