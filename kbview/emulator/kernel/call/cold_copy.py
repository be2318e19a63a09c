"""The copy of a datagram that has left the cache: its first lines come from memory one by one.

    line     1        2       3       4       5 ...
             softirq  miss    miss    miss    prefetched: the copy is as fast as from the cache
             read it

A datagram leaves DDIO's share of the cache while it waits, once more was written behind it than the
share holds (hardware/memory.py). Softirq has read the line with its headers. The core's prefetcher
follows a stream after some misses in a row, so a long copy pays for as many lines as a short copy.
Intel 64 and IA-32 Architectures Optimization Reference Manual, "Data Prefetching": the streamer.
"""

from kbview.emulator.hardware.account import COPY
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.socket.socket_table import SocketTable
from kbview.packet.frame import FCS_LENGTH, Frame, parts

LINE = 64
UNTIL_PREFETCHED = 3  # lines of a stream that miss before the streamer is ahead; assumed


def cold_lines(length: int) -> int:
    """Lines that a copy waits for, of a frame of `length` bytes with FCS."""
    return min(UNTIL_PREFETCHED, -(-(length - FCS_LENGTH) // LINE) - 1)


class ColdCopies:
    """The waits of one reader, for the datagrams and captured streams of its sockets."""

    def __init__(self, machine: Machine, sockets: SocketTable) -> None:
        self._ddio = machine.ddio.twin()
        self._sockets = sockets
        self._miss = machine.prices.step("cold_line")

    def wait(self, core: Core, frame: Frame) -> None:
        """Wait for the lines of a frame that is about to be copied, if it has left the cache."""
        if not self._ddio.crowded(self._sockets.held):
            return
        account, core.account = core.account, COPY
        for part in parts(frame):
            for _ in range(cold_lines(part.length)):
                core.spend(self._miss, frame.packet)
        core.account = account
