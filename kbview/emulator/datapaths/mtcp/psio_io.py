"""The engine as a TCP in user space uses it: chunks without waiting, and a select that sleeps.

It fulfils what bypass/mtcp/io.py asks for. ps_select() wakes every 100 us in mTCP even if nothing has
come; here whoever sleeps is woken by a frame, by TCP's next timer, or by the other thread's signal.
mtcp/src/psio_module.c; the engine's ps_select()
"""

from collections.abc import Generator

from kbview.emulator.cost import Step
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import Context, Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.psio.handle import PsioHandle
from kbview.packet.frame import Frame


class PsioIo:
    """One thread's handle, up to `most` frames a chunk."""

    alloc: tuple[str, ...] = ()

    def __init__(self, machine: Machine, handle: PsioHandle, most: int) -> None:
        self.free: Step | None = None
        self._core = handle.core
        self._handle = handle
        self._most = most
        self._empty = False  # the latest chunk was
        self._hardirq = machine.prices.step("hardirq")
        self._timer = Vector(handle.core, self._expire)

    def open(self, task: Context) -> None:
        """open("/dev/packet_shader")."""
        self._handle.task = task

    def nothing(self) -> bool:
        return self._empty

    def receive(self) -> Generator[None, None, list[Frame]]:
        frames = yield from self._handle.recv_now(self._most)
        self._empty = not frames
        return frames

    def send(self, frames: list[Frame]) -> Process:
        """Chunk after chunk; a full ring is asked again until the NIC has sent some."""
        handle = self._handle
        while frames:
            sent = yield from handle.send_chunk(handle.queues[0], frames[: self._most], passed_on=False)
            del frames[:sent]

    def rest(self, until_ps: int) -> Process:
        """ps_select(): the queues' interrupts on, and sleep."""
        self._timer.arm(until_ps)
        yield from self._handle.select()
        self._timer.arm(NEVER_PS)
        self._empty = False

    def asleep(self) -> bool:
        return self._handle.waiters.sleeper is not None

    def rouse(self) -> None:
        """A signal of the other thread."""
        self._handle.waiters.wake(self._core)

    def wait_anew(self, until_ps: int) -> None:
        self._timer.arm(until_ps)
        self._handle.wait_anew()

    def _expire(self, core: Core) -> None:
        """The time that select() was given is up."""
        core.spend(self._hardirq)
        self._handle.waiters.wake(core)
