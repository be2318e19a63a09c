"""Sockets: into their queues in the softirq, out of them in the reader's system call.

sk_data_ready            the packet that climbs on this core is in this socket's queue
skb_copy_datagram_iovec  payload of this sk_buff is copied to the application (TCP, long datagrams)
sock_recv_length         a read of this socket returned so much: for a datagram that the kernel
                         copies without a tracepoint (copy_linear_skb) the copy is told here
tcp_probe                an established connection works on this segment: its payload, its socket
"""

from kbview.sources.trace.meaning import address, transition
from kbview.sources.trace.meaning.interrupts import Handler, next_step
from kbview.sources.trace.meaning.machine_state import Cpu, MachineState, TracedCall
from kbview.sources.trace.meaning.record import TraceRecord
from kbview.sources.trace.meaning.tracked_skb import SocketQueue, TrackedSkb
from kbview.sources.trace.meaning.transition import enqueue
from kbview.tape.events import (
    NO_PACKET,
    Copied,
    SegmentRetransmitted,
    SocketDequeued,
    TcpStateChanged,
)
from kbview.tape.vocabulary import CopyKind, Place

_TCP = (6, "IPPROTO_TCP")
_UDP = (17, "IPPROTO_UDP")
_PEEK = 2  # MSG_PEEK
_ESTABLISHING = ("TCP_SYN_RECV", "TCP_ESTABLISHED")
_BY_ARRIVAL = (
    ("TCP_SYN_SENT", "TCP_ESTABLISHED"),
    ("TCP_FIN_WAIT1", "TCP_FIN_WAIT2"),
    ("TCP_LAST_ACK", "TCP_CLOSE"),
)


class Sockets:
    """The meaning of the tracepoints of sockets and TCP."""

    def __init__(self, machine: MachineState) -> None:
        self._machine = machine
        self.handlers: dict[str, Handler] = {
            "sk_data_ready": self._ready,
            "sock_recv_length": self._read,
            "skb_copy_datagram_iovec": self._copied,
            "sock_rcvqueue_full": self._full,
            "tcp_probe": self._probed,
            "tcp_retransmit_skb": self._retransmitted,
            "inet_sock_set_state": self._state_changed,
        }

    # ---- in --------------------------------------------------------------------------------

    def _ready(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        socket, protocol = record.values
        tracked = cpu.current
        if tracked is None and not (protocol in _TCP and self._machine.probes_told):
            tracked = _oldest_climbing(cpu) or self._another_cores(cpu, socket)
        if tracked is None or tracked.ended or tracked.socket is not None:
            return
        if tracked.layer == Place.TCP and not tracked.payload:
            return  # a connection is ready to be accepted, or something else without data
        queue = tracked.home or self._machine.socket(socket, protocol)
        enqueue(self._machine, time_ps, cpu, tracked, queue)
        cpu.ready, cpu.filled = tracked, socket
        next_step(cpu, time_ps, "sk_data_ready", tracked.packet)

    def _another_cores(self, cpu: Cpu, socket: int | str | None) -> TrackedSkb | None:
        """One core may fill a queue for others: since 6.18 UDP lets the first of them do it for all."""
        if socket is None or cpu.filled != socket:
            return None
        others = map(_oldest_climbing, self._machine.cpus.values())
        return next((tracked for tracked in others if tracked is not None), None)

    def _full(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        """The limit of the socket that drops the packet which climbs now; kfree_skb says which."""
        del time_ps
        tracked = _oldest_climbing(cpu)
        if tracked is not None:
            cpu.limit = record.values[1]

    # ---- TCP -------------------------------------------------------------------------------

    def _probed(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        skb, socket, payload, port, peer = record.values
        tracked = self._machine.tracked_skbs.by_skb.get(skb)
        if tracked is None or tracked.socket is not None:
            return
        self._machine.probes_told = True
        if self._machine.target.own == (port, address.of_sockaddr(peer)):
            transition.hide(self._machine, tracked)
            return
        tracked.layer, tracked.payload = Place.TCP, payload or 0
        tracked.seen_ps = time_ps
        if not payload:
            transition.take_in(self._machine, time_ps, cpu, tracked, Place.TCP)
            return
        queue = self._machine.socket(socket, "IPPROTO_TCP")
        queue.name = f"tcp :{port} < {address.of_sockaddr(peer)}"
        tracked.home = queue
        cpu.current = tracked

    def _state_changed(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        """A packet that moves a connection from state to state is TCP's own."""
        socket, before, after, port, peer_port, family, *addresses = record.values
        tracked = self._worked_on(time_ps, cpu, (before, after))
        known = socket in self._machine.sockets
        if tracked is None and not known and (cpu.run is not None or not cpu.task.watched):
            return
        name = f"tcp :{port} < {address.of_peer(family, addresses, peer_port)}"
        if known:
            self._machine.sockets[socket].name = name
        if after == "TCP_CLOSE":  # the memory will be another socket's
            self._machine.sockets.pop(socket, None)
        self._machine.tell(TcpStateChanged(time_ps, cpu.number, name, str(before)[4:], str(after)[4:]))

    def _worked_on(self, time_ps: int, cpu: Cpu, change: tuple[str, str]) -> TrackedSkb | None:
        """The packet that changes a connection's state.

        Outside a softirq it is one that had to wait for the socket's lock: nothing else tells of it.
        """
        if cpu.run is not None:
            tracked = _oldest_climbing(cpu)
            if tracked is not None and tracked.payload is None and change[1] in _ESTABLISHING:
                tracked.layer, tracked.payload = Place.TCP, 0
            return tracked
        tracked = self._machine.tracked_skbs.last_loose() if change in _BY_ARRIVAL else None
        if tracked is not None:
            tracked.seen_ps = time_ps
            transition.take_in(self._machine, time_ps, cpu, tracked, Place.TCP)
        return tracked

    def _retransmitted(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        """By an acknowledgement that came in: fast; else by the timer."""
        queue = self._machine.sockets.get(record.values[0])
        if queue is not None:
            why = "fast" if cpu.run is not None else "timeout"
            self._machine.tell(SegmentRetransmitted(time_ps, cpu.number, queue.key, NO_PACKET, why))

    # ---- out -------------------------------------------------------------------------------

    def _copied(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        skb, length = record.values
        tracked = self._machine.tracked_skbs.by_skb.get(skb)
        if tracked is None or tracked.socket is None or length <= 0:
            return
        queue = tracked.socket
        self._machine.tell(Copied(time_ps, cpu.number, tracked.packet, CopyKind.TO_USER, length))
        if cpu.task.call is not None:
            cpu.task.call.copied = True
        if queue.stream:
            known = tracked.payload is not None
            self._take(time_ps, cpu, queue, queue.take(length) if known else queue.take_before(tracked))

    def _read(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        socket, protocol, length, flags = record.values
        self._machine.reads_told = True
        queue = self._machine.sockets.get(socket)
        if queue is None and protocol in _UDP:
            queue = self._machine.sockets.get("udp")  # a text does not say which
        if queue is None or length is None or length < 0 or (flags or 0) & _PEEK:
            return
        self._machine.follow(cpu.task)
        if queue.stream:
            return  # its bytes were counted where they were copied
        taken = queue.take(length)
        call = cpu.task.call
        if call is None or call.fd is not None:
            queue.reader = (cpu.task.pid, None if call is None else call.fd)
        told = call is not None and call.copied
        if call is not None:
            call.copied = False
        self._take(time_ps, cpu, queue, taken, 0 if told else length)

    def _take(
        self, time_ps: int, cpu: Cpu, queue: SocketQueue, taken: list[TrackedSkb], copied: int = 0
    ) -> None:
        """Out of the queue and freed; it is the application's when its system call returns.

        `copied`: bytes of a copy that no other record tells.
        """
        task = cpu.task
        machine = self._machine
        told = machine.calls_told and (task.traced or not machine.target.calls_of_watched)
        if taken and task.call is None and told:  # the trace began within the call
            task.call = TracedCall("", time_ps, cpu.number, told=True)
        call = task.call
        queued = queue.queued + sum(tracked.truesize for tracked in taken)
        for tracked in taken:
            queued -= tracked.truesize
            tracked.seen_ps = 0
            self._machine.tell(SocketDequeued(time_ps, cpu.number, tracked.packet, queue.key, queued))
            if copied:
                self._machine.tell(
                    Copied(time_ps, cpu.number, tracked.packet, CopyKind.TO_USER, copied)
                )
            transition.free(self._machine, time_ps, cpu, tracked)
            self._machine.tracked_skbs.end(tracked)
            tracked.ended = False  # not told yet
            if call is not None:
                call.taken.append(tracked)
            else:
                transition.deliver(self._machine, time_ps, cpu, tracked, Place.APP)


def _oldest_climbing(cpu: Cpu) -> TrackedSkb | None:
    """Lists of packets reach their sockets in the order in which they came up."""
    undecided = (each for each in cpu.climbing if not each.ended and each.socket is None)
    return next(undecided, None)
