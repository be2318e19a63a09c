"""Receiving: datagrams that wait in a socket, taken out 64 at a call, so that Python hardly counts."""

import socket
import time

from kbview.emulator.cost import Calibration
from kbview.sources.calibration.method import Findings, MeasuredCost, Method, cost_ns
from kbview.sources.calibration.spread import exactly, of
from kbview.sources.linux.mmsg import Batch

_BATCH, _LENGTH, _ROUNDS, _WARM = 64, 18, 800, 20


class SocketReceive(Method):
    """recvmmsg() over loopback, a datagram; less the call, the copy and the sk_buff's free."""

    name = "socket receive"
    steps = ("socket_recv",)

    def measure(self, base: Calibration, found: Findings) -> Findings:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        ):
            receiver.bind(("127.0.0.1", 0))
            sender.connect(receiver.getsockname())
            batch = Batch(_BATCH, _LENGTH)
            rounds = [_round(sender, receiver, batch) for _ in range(_WARM + _ROUNDS)]
        call_ns = sum(cost_ns(step, base, found) for step in ("syscall_enter", "syscall_exit"))
        beside_ns = sum(cost_ns(step, base, found) for step in ("copy_to_user", "skb_free"))
        rest = exactly(call_ns / _BATCH + beside_ns)
        how = f"recvmmsg() of {_BATCH} datagrams over loopback, each; less call, copy and free"
        return {"socket_recv": MeasuredCost(how, of(rounds[_WARM:]).less(rest), derived=True)}


def _round(sender: socket.socket, receiver: socket.socket, batch: Batch) -> float:
    """Fill the queue, then take everything out; what a datagram took, ns."""
    batch.send(sender.fileno(), _BATCH)
    start_ns = time.perf_counter_ns()
    got = batch.receive(receiver.fileno(), _BATCH)
    took_ns = time.perf_counter_ns() - start_ns
    if got != _BATCH:
        raise OSError(f"only {got} of {_BATCH} datagrams came over loopback")
    return took_ns / got
