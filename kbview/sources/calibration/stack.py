"""The stack, by subtraction: the same frames over a veth pair, given up a layer further on each time.

    unknown ethertype                 | to the end of netif_receive_skb, then dropped
    UDP, bad checksum, no socket      | ... and ip_rcv, ip_rcv_finish, fib_lookup, udp_rcv, then dropped
    UDP to a socket that has room     | ... and udp_rcv, socket_enqueue

They are received in the sender's own system call (drivers/net/veth.c hands over in softirq at once),
64 at a call, so what the call takes is what they take. Nothing tells the first three apart: they share
what was found as they do in the base profile.
"""

import contextlib
import os
import socket
import time

from kbview.emulator.cost import Calibration
from kbview.sources.calibration.method import Findings, MeasuredCost, Method, cost_ns
from kbview.sources.calibration.spread import Spread, exactly, of
from kbview.sources.calibration.switching import pinned
from kbview.sources.linux.mmsg import Batch
from kbview.sources.linux.testbed import Testbed
from kbview.sources.workers.load import RECEIVING_PORT
from kbview.sources.workers.payload_stamp import template

_BATCH, _ROUNDS, _WARM = 64, 1200, 50
_LAYERS = ("ip_rcv", "ip_rcv_finish", "fib_lookup", "udp_rcv")
_ETHERTYPE, _PORT, _CHECKSUM = slice(12, 14), slice(36, 38), slice(40, 42)
_NOBODYS = b"\x00\x09"  # a port without a socket
_EXPERIMENTAL = b"\x88\xb5"  # IEEE 802: for local experiments; nobody takes it
_RCVBUF = 1 << 24
_SO_RCVBUFFORCE, _SOL_PACKET, _PACKET_QDISC_BYPASS = 33, 263, 20


class Stack(Method):
    """IP, route and UDP from the first difference, the socket's queue from the second."""

    name = "stack"
    steps = (*_LAYERS, "socket_enqueue")

    def measure(self, base: Calibration, found: Findings) -> Findings:
        with Testbed() as bed, contextlib.ExitStack() as opened:
            with bed.a.namespace.entered():
                wire = opened.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
            with bed.b.namespace.entered():
                sink = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            wire.bind((bed.a.link, 0))
            wire.setsockopt(_SOL_PACKET, _PACKET_QDISC_BYPASS, 1)
            sink.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RCVBUF)
            sink.bind((bed.b.address, RECEIVING_PORT))
            opened.enter_context(pinned(min(os.sched_getaffinity(0))))
            link, layers, queued = _ladder(wire, sink, template(bed.a.plain, bed.b.plain, 64))
        free = exactly(cost_ns("kfree_skb", base, found))
        return _shared(layers.less(link), base) | _queue(queued.less(layers), free)


def _batch(frame: bytes, *changes: tuple[slice, bytes]) -> Batch:
    changed = bytearray(frame)
    for where, what in changes:
        changed[where] = what
    batch = Batch(_BATCH, len(frame))
    batch.buffer[:] = changed * _BATCH
    return batch


def _ladder(wire: socket.socket, sink: socket.socket, frame: bytes) -> list[Spread]:
    """What a frame takes from the sender's call to where it ends, ns; the rungs in turn, round by
    round, so that a change of the machine meanwhile changes all of them."""
    rungs = (
        _batch(frame, (_ETHERTYPE, _EXPERIMENTAL)),
        _batch(frame, (_PORT, _NOBODYS), (_CHECKSUM, b"\x12\x34")),
        _batch(frame),
    )
    drain = Batch(_BATCH, 64)
    values: list[list[float]] = [[] for _ in rungs]
    for _ in range(_WARM + _ROUNDS):
        for batch, taken in zip(rungs, values, strict=True):
            start_ns = time.perf_counter_ns()
            batch.send(wire.fileno(), _BATCH)
            taken.append((time.perf_counter_ns() - start_ns) / _BATCH)
        drain.receive(sink.fileno(), _BATCH)
    return [of(taken[_WARM:]) for taken in values]


def _shared(spread: Spread, base: Calibration) -> Findings:
    """Give each layer its part of the difference."""
    parts = {step: cost_ns(step, base, {}) for step in _LAYERS}
    how = "frames over veth dropped behind udp_rcv less before ip_rcv; shared as in the base"
    return {
        step: MeasuredCost(how, spread.times(part / sum(parts.values())), derived=True)
        for step, part in parts.items()
    }


def _queue(spread: Spread, free: Spread) -> Findings:
    """A queued frame is not freed, a dropped frame is."""
    how = "frames queued at a socket less frames dropped behind udp_rcv, whose free is added"
    added = Spread(
        spread.median + free.median, spread.low + free.low, spread.high + free.high, spread.samples
    )
    return {"socket_enqueue": MeasuredCost(how, added, derived=True)}
