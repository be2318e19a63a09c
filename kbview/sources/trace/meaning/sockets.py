"""Sockets: into their queues in the softirq, out of them in the reader's system call.

sk_data_ready            the packet that climbs on this core is in this socket's queue
skb_copy_datagram_iovec  payload of this sk_buff is copied to the application (TCP, long datagrams)
sock_recv_length         a read of this socket returned so much: for a datagram that the kernel
                         copies without a tracepoint (copy_linear_skb) the copy is told here
tcp_probe                an established connection works on this segment: its payload, its socket
"""

from kbview.sources.trace.meaning import address, ending
from kbview.sources.trace.meaning.flight import Flight
from kbview.sources.trace.meaning.interrupts import Handler, next_step
from kbview.sources.trace.meaning.queue import SocketQueue
from kbview.sources.trace.meaning.queueing import enqueue
from kbview.sources.trace.meaning.record import Record
from kbview.sources.trace.meaning.scene import Call, Cpu, Scene
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
    """What the tracepoints of sockets and TCP tell."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
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

    def _ready(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        socket, protocol = record.values
        flight = cpu.current
        if flight is None and not (protocol in _TCP and self._scene.probes_told):
            flight = _oldest_climbing(cpu) or self._another_cores(cpu, socket)
        if flight is None or flight.ended or flight.socket is not None:
            return
        if flight.layer == Place.TCP and not flight.payload:
            return  # a connection is ready to be accepted, or something else without data
        queue = flight.home or self._scene.socket(socket, protocol)
        enqueue(self._scene, time_ps, cpu, flight, queue)
        cpu.ready, cpu.filled = flight, socket
        next_step(cpu, time_ps, "sk_data_ready", flight.packet)

    def _another_cores(self, cpu: Cpu, socket: int | str | None) -> Flight | None:
        """One core may fill a queue for others: since 6.18 UDP lets the first of them do it for all."""
        if socket is None or cpu.filled != socket:
            return None
        others = map(_oldest_climbing, self._scene.cpus.values())
        return next((flight for flight in others if flight is not None), None)

    def _full(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        """The limit of the socket that drops the packet which climbs now; kfree_skb says which."""
        del time_ps
        flight = _oldest_climbing(cpu)
        if flight is not None:
            cpu.limit = record.values[1]

    # ---- TCP -------------------------------------------------------------------------------

    def _probed(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        skb, socket, payload, port, peer = record.values
        flight = self._scene.flights.by_skb.get(skb)
        if flight is None or flight.socket is not None:
            return
        self._scene.probes_told = True
        flight.layer, flight.payload = Place.TCP, payload or 0
        flight.seen_ps = time_ps
        if not payload:
            ending.take_in(self._scene, time_ps, cpu, flight, Place.TCP)
            return
        queue = self._scene.socket(socket, "IPPROTO_TCP")
        queue.name = f"tcp :{port} < {address.of_sockaddr(peer)}"
        flight.home = queue
        cpu.current = flight

    def _state_changed(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        """A packet that moves a connection from state to state is TCP's own."""
        socket, before, after, port, peer_port, family, *addresses = record.values
        flight = self._worked_on(time_ps, cpu, (before, after))
        known = socket in self._scene.sockets
        if flight is None and not known and (cpu.run is not None or not cpu.task.watched):
            return
        name = f"tcp :{port} < {address.of_peer(family, addresses, peer_port)}"
        if known:
            self._scene.sockets[socket].name = name
        if after == "TCP_CLOSE":  # the memory will be another socket's
            self._scene.sockets.pop(socket, None)
        self._scene.tell(TcpStateChanged(time_ps, cpu.number, name, str(before)[4:], str(after)[4:]))

    def _worked_on(self, time_ps: int, cpu: Cpu, change: tuple[str, str]) -> Flight | None:
        """The packet that changes a connection's state.

        Outside a softirq it is one that had to wait for the socket's lock: nothing else tells of it.
        """
        if cpu.run is not None:
            flight = _oldest_climbing(cpu)
            if flight is not None and flight.payload is None and change[1] in _ESTABLISHING:
                flight.layer = Place.TCP
            return flight
        flight = self._scene.flights.last_loose() if change in _BY_ARRIVAL else None
        if flight is not None:
            flight.seen_ps = time_ps
            ending.take_in(self._scene, time_ps, cpu, flight, Place.TCP)
        return flight

    def _retransmitted(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        """By an acknowledgement that came in: fast; else by the timer."""
        queue = self._scene.sockets.get(record.values[0])
        if queue is not None:
            why = "fast" if cpu.run is not None else "timeout"
            self._scene.tell(SegmentRetransmitted(time_ps, cpu.number, queue.key, NO_PACKET, why))

    # ---- out -------------------------------------------------------------------------------

    def _copied(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        skb, length = record.values
        flight = self._scene.flights.by_skb.get(skb)
        if flight is None or flight.socket is None or length <= 0:
            return
        queue = flight.socket
        self._scene.tell(Copied(time_ps, cpu.number, flight.packet, CopyKind.TO_USER, length))
        if cpu.task.call is not None:
            cpu.task.call.copied = True
        if queue.stream:
            known = flight.payload is not None
            self._take(time_ps, cpu, queue, queue.take(length) if known else queue.take_before(flight))

    def _read(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        socket, protocol, length, flags = record.values
        self._scene.reads_told = True
        queue = self._scene.sockets.get(socket)
        if queue is None and protocol in _UDP:
            queue = self._scene.sockets.get("udp")  # a text does not say which
        if queue is None or length is None or length < 0 or (flags or 0) & _PEEK:
            return
        self._scene.follow(cpu.task)
        if queue.stream:
            return  # its bytes were counted where they were copied
        taken = queue.take(length)
        call = cpu.task.call
        if call is not None and call.fd is not None:
            queue.reader = (cpu.task.pid, call.fd)
        told = call is not None and call.copied
        if call is not None:
            call.copied = False
        self._take(time_ps, cpu, queue, taken, 0 if told else length)

    def _take(
        self, time_ps: int, cpu: Cpu, queue: SocketQueue, taken: list[Flight], copied: int = 0
    ) -> None:
        """Out of the queue and freed; it is the application's when its system call returns.

        `copied`: bytes whose copy nothing else tells.
        """
        task = cpu.task
        if taken and task.call is None and self._scene.calls_told:  # it was in there when we came
            task.call = Call("", time_ps, cpu.number, told=True)
        call = task.call
        queued = queue.queued + sum(flight.truesize for flight in taken)
        for flight in taken:
            queued -= flight.truesize
            flight.seen_ps = 0
            self._scene.tell(SocketDequeued(time_ps, cpu.number, flight.packet, queue.key, queued))
            if copied:
                self._scene.tell(Copied(time_ps, cpu.number, flight.packet, CopyKind.TO_USER, copied))
            ending.free(self._scene, time_ps, cpu, flight)
            self._scene.flights.end(flight)
            flight.ended = False  # not told yet
            if call is not None:
                call.taken.append(flight)
            else:
                ending.deliver(self._scene, time_ps, cpu, flight, Place.APP)


def _oldest_climbing(cpu: Cpu) -> Flight | None:
    """Lists of packets reach their sockets in the order in which they came up."""
    undecided = (each for each in cpu.climbing if not each.ended and each.socket is None)
    return next(undecided, None)
