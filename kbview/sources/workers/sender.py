"""The sender: frames at a rate, in bursts, from several flows, by sendmmsg(2) on a packet socket.

It paces itself by the clock and catches up when it was late, up to a bound. The frames go straight
to the link's driver (PACKET_QDISC_BYPASS), each with a stamp of when it was made.
"""

import errno
import resource
import socket
import struct
import time

from kbview.sources.linux.mmsg import Batch
from kbview.sources.linux.veth import Address
from kbview.sources.workers.counter import LinkCounter
from kbview.sources.workers.load import FIRST_PORT, Load
from kbview.sources.workers.message import Sent
from kbview.sources.workers.payload_stamp import FCS, HEADERS, SOURCE_PORT, STAMP, template

_SOL_PACKET, _PACKET_QDISC_BYPASS = 263, 20
_BATCH = 64
_LATEST_S = 0.02  # what was due longer ago is given up: a stalled machine must not send it at once
_LEAST_SLEEP_NS = 50_000  # it never spins: at high rates it sends what became due meanwhile, at once


class SenderWorker:
    """Sends from one end of a testbed to the other; counts what it sent."""

    def __init__(self, sender: Address, receiver: Address, load: Load) -> None:
        self._ends = sender, receiver
        self._counter = LinkCounter(sender.link)
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.bind((sender.link, 0))
        self._socket.setsockopt(_SOL_PACKET, _PACKET_QDISC_BYPASS, 1)
        self.frames = self.bytes = self.late = self.syscalls = 0
        self.down = False
        self.set(load)
        self._used_before = _usage_ns()

    def set(self, load: Load) -> None:
        """From now on this load; what was still due of the last one is not sent."""
        self.load = load
        self._batch = Batch(_BATCH, load.size - FCS)
        self._batch.buffer[:] = template(*self._ends, load.size) * _BATCH
        self._start_ns, self._done = time.monotonic_ns(), 0

    def run(self, until_ns: int) -> None:
        """Send what is due, sleeping in between, until CLOCK_MONOTONIC says so."""
        while (now_ns := time.monotonic_ns()) < until_ns:
            due = self._due(now_ns)
            if due >= self.load.burst:
                self._send(min(due, _BATCH) // self.load.burst * self.load.burst)
            else:
                wait_ns = max(self._next_ns() - now_ns, _LEAST_SLEEP_NS)
                time.sleep(min(wait_ns, until_ns - now_ns) / 1e9)

    def _due(self, now_ns: int) -> int:
        """How many frames should have been sent by now and were not."""
        due = (now_ns - self._start_ns) * self.load.rate // 10**9 - self._done
        most = max(round(self.load.rate * _LATEST_S), _BATCH)
        if due > most:
            self.late += due - most
            self._done += due - most
        return min(due, most)

    def _next_ns(self) -> int:
        """When the next burst is due."""
        if not self.load.rate:
            return 1 << 62
        due = self._done + self.load.burst
        return self._start_ns + -(-due * 10**9 // self.load.rate)

    def _send(self, count: int) -> None:
        buffer, stride = self._batch.buffer, self._batch.stride
        flows, first, pack = self.load.flows, self.frames, STAMP.pack_into
        for at in range(count):
            pack(buffer, at * stride + HEADERS, first + at, time.monotonic_ns())
            if flows > 1:
                port = FIRST_PORT + (first + at) % flows
                struct.pack_into("!H", buffer, at * stride + SOURCE_PORT, port)
        self.syscalls += 1
        sent = self._hand_over(count)
        self.frames += sent
        self.bytes += sent * self.load.size
        self._done += sent or count

    def _hand_over(self, count: int) -> int:
        """How many were sent. A full ring or a link that is down cost the batch; else it is the end."""
        self.down = False
        try:
            return self._batch.send(self._socket.fileno(), count)
        except OSError as error:
            self.down = error.errno == errno.ENETDOWN
            if not self.down and error.errno not in (errno.ENOBUFS, errno.EAGAIN, errno.EINTR):
                raise
            return 0

    def report(self) -> Sent:
        """Its totals."""
        (user_ns, system_ns), before = _usage_ns(), self._used_before
        return Sent(
            time_ns=time.monotonic_ns(),
            load=self.load,
            frames=self.frames,
            bytes=self.bytes,
            refused=self._counter.read().tx_dropped,
            late=self.late,
            syscalls=self.syscalls,
            user_ns=user_ns - before[0],
            system_ns=system_ns - before[1],
            down=self.down,
        )

    def close(self) -> None:
        """Send no more."""
        self._socket.close()
        self._counter.close()


def _usage_ns() -> tuple[int, int]:
    """CPU time of this process in user and in kernel mode."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return round(used.ru_utime * 1e9), round(used.ru_stime * 1e9)
