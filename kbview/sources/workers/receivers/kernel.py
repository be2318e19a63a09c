"""The ordinary way: a UDP socket and a loop around recv(), one system call and one copy a datagram.

It looks at no ring: the polls are the kernel's.
"""

import socket
import struct
import time

from kbview.sources.workers.message import Told
from kbview.sources.workers.payload_stamp import STAMP, wire_length
from kbview.sources.workers.receiver import Ingress, ReceiverWorker
from kbview.sources.workers.sampling import Stamp
from kbview.tape.events import Copied, Mode, ModeSwitched, SyscallEntered
from kbview.tape.meter import SocketMeter
from kbview.tape.vocabulary import CopyKind

_SO_MEMINFO, _RMEM_ALLOC, _RCVBUF, _DROPS = 55, 0, 1, 8  # SK_MEMINFO_*, linux/sock_diag.h
_WAIT_US = 10_000
_BATCH = 64  # packets between two looks at the clock


class KernelSocket(ReceiverWorker):
    """Sleeps in recv() when the queue is empty."""

    name = "kernel"
    summary = "a UDP socket: softirq, socket queue, recv(), one copy"

    def open(self, place: Ingress) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # Not settimeout(): with it Python calls poll() before each recv().
        wait = struct.pack("@ll", 0, _WAIT_US)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, wait)
        self._socket.bind((place.address, place.port))
        self._name = f"udp :{place.port}"
        self._buffer = bytearray(2048)

    def receive(self, until_ns: int) -> None:
        while time.monotonic_ns() < until_ns:
            for _ in range(_BATCH):
                if not self._recv():
                    break

    def _recv(self) -> bool:
        self.syscalls += 1
        entered_ns = time.monotonic_ns() if self.sampling.steps else 0
        try:
            length = self._socket.recv_into(self._buffer)
        except BlockingIOError:  # nothing within the time
            if entered_ns:
                self._tell_call(entered_ns, time.monotonic_ns(), [])
            return False
        received_ns, stamp = time.monotonic_ns(), STAMP.unpack_from(self._buffer)
        self.took(received_ns, [stamp], [wire_length(length)], [length])
        if self.sampling.milestones:
            self._tell(entered_ns, received_ns, stamp, length)
        return True

    def _tell(self, entered_ns: int, received_ns: int, stamp: Stamp, length: int) -> None:
        """`length` is what recv() returned: the datagram's payload."""
        sampling, wire = self.sampling, [wire_length(length)]
        sampling.add(sampling.arrivals(received_ns, [stamp], wire))
        if sampling.steps:
            copied = Copied(received_ns * 1000, sampling.cpu, stamp[0], CopyKind.TO_USER, length)
            self._tell_call(entered_ns, received_ns, [copied])
        sampling.add(sampling.deliveries(received_ns, [stamp], wire))

    def _tell_call(self, entered_ns: int, left_ns: int, inside: list[Told]) -> None:
        """A system call: over the wall, what happens there, and back."""
        cpu = self.sampling.cpu
        self.sampling.add(
            [
                SyscallEntered(entered_ns * 1000, cpu, "recvfrom"),
                ModeSwitched(entered_ns * 1000, cpu, Mode.KERNEL, "syscall"),
                *inside,
                ModeSwitched(left_ns * 1000, cpu, Mode.USER, "syscall"),
            ]
        )

    def _memory(self) -> tuple[int, ...]:
        return struct.unpack("=9I", self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 36))

    def drops(self) -> dict[str, int]:
        return {"socket/SOCKET_RCVBUFF": self._memory()[_DROPS]}

    def sockets(self) -> dict[str, SocketMeter]:
        memory = self._memory()
        return {
            self._name: SocketMeter(
                self._name,
                queued=memory[_RMEM_ALLOC],
                rcvbuf=memory[_RCVBUF],
                received=self.delivered,
                drops=memory[_DROPS],
            )
        }

    def close(self) -> None:
        self._socket.close()
