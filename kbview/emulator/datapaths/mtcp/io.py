"""What a TCP thread needs of packet I/O, whoever brings the frames; mTCP's io_module.h has the same.

poll_io    a poll-mode driver in user space: never sleeps
psio_io    the PacketShader engine in the kernel: a system call a chunk, sleeps when there is nothing
"""

from collections.abc import Generator
from typing import Protocol

from kbview.emulator.cost import Step
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Context
from kbview.packet.frame import Frame

BATCH = 64  # frames a call: MAX_PKT_BURST of dpdk_module.c, PS_CHUNK_SIZE of psio_module.c
Frames = Generator[None, None, list[Frame]]


class Io(Protocol):
    """One core's. `alloc` and `free` are what a buffer costs to get and to give back, if anything.

    Generators are for `yield from` in the program of the task that opened it.
    """

    alloc: tuple[str, ...]
    free: Step | None

    def open(self, task: Context) -> None:
        """It is this task that calls."""

    def nothing(self) -> bool:
        """Whether `receive` is known to find nothing."""

    def receive(self) -> Frames:
        """Up to a batch of each queue; none if nothing is there."""

    def send(self, frames: list[Frame]) -> Process:
        """Put all of them on the wire; the list is empty in the end."""

    def rest(self, until_ps: int) -> Process:
        """There is nothing to do until a frame comes, `until_ps`, or `rouse`."""

    def asleep(self) -> bool:
        """Whether the thread sleeps in `rest`."""

    def rouse(self) -> None:
        """Wake it, at the caller's cost."""

    def wait_anew(self, until_ps: int) -> None:
        """Traffic has ended: wait for what is there, not for what would have come."""
