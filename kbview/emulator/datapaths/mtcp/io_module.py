"""The packet I/O that a TCP thread needs, as in mTCP's io_module.h.

dpdk_module    a poll-mode driver in user space: never sleeps
psio_module    the PacketShader engine in the kernel: a system call a chunk, sleeps without packets
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from kbview.emulator.application import ApplicationSettings
from kbview.emulator.cost import Step
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.keys import meaning
from kbview.emulator.protocol.tcp.parameters import TcpSettings
from kbview.packet.frame import Frame

BATCH = 64  # frames a call: MAX_PKT_BURST of dpdk_module.c, PS_CHUNK_SIZE of psio_module.c
Frames = Generator[None, None, list[Frame]]


MtcpIo = Literal["dpdk", "psio"]


@dataclass(frozen=True, kw_only=True)
class MtcpSettings(TcpSettings, ApplicationSettings):
    """The settings of mTCP and of the I/O library below it."""

    mtcp_io: Annotated[MtcpIo, meaning("the library that receives and sends the frames of mTCP")] = (
        "dpdk"
    )


class IoContext(Protocol):
    """The private context of one TCP thread. `free` is the step that frees a buffer, None without one.

    The generators are for `yield from` in the program of that thread.
    """

    free: Step | None

    def idle(self) -> bool:
        """Whether `receive` is known to return no frame."""

    def receive(self) -> Frames:
        """Up to a batch of frames of each queue; an empty list where there is none."""

    def send(self, frames: list[Frame]) -> Process:
        """Put all frames on the wire; the list is empty in the end."""

    def wait(self, until_ps: int) -> Process:
        """Wait for a frame, for `until_ps`, or for `wake`."""

    def asleep(self) -> bool:
        """Whether the thread sleeps in `wait`."""

    def wake(self) -> None:
        """Wake the thread, at the cost of the calling thread."""

    def wait_anew(self, until_ps: int) -> None:
        """Traffic has ended: wait for frames in the rings, not for further arrivals."""


class IoModule(Protocol):
    """A way to reach the NIC's queues. `alloc` names the steps that allocate a buffer."""

    alloc: tuple[str, ...]

    def init_handle(self, core: Core, queues: list[RxQueue], task: Context) -> IoContext:
        """Open the queues of a core for the TCP thread `task`."""
