"""Sockets: receive, send and accept queues, and the state of a connection."""

from kbview.tape.event import Event, Meaning
from kbview.tape.meter import Meters, SocketMeter


class SocketQueued(Event):
    """A packet waits in a socket's receive queue. Sizes are truesize, as the kernel counts them."""

    cpu: int
    packet: int
    socket: str
    queued: int
    rcvbuf: int

    places = ("socket", "events", "port queue")
    meaning = Meaning(
        "sk_receive_queue", "The packet waits in the socket until the application asks for it."
    )

    def change(self, meters: Meters) -> None:
        socket = meters.sockets.setdefault(self.socket, SocketMeter(self.socket))
        socket.queued, socket.rcvbuf = self.queued, self.rcvbuf
        socket.packets += 1
        socket.received += 1


class SocketDequeued(Event):
    """The application took a packet from the receive queue; `queued` bytes of truesize are left."""

    cpu: int
    packet: int
    socket: str
    queued: int

    places = ("read", "recv")
    ends = frozenset({"socket_recv", "tcp_recvmsg", "mtcp_read", "user_recv"})
    meaning = Meaning("sk_receive_queue", "The application's call has taken the packet.")

    def change(self, meters: Meters) -> None:
        if socket := meters.sockets.get(self.socket):
            socket.queued = self.queued
            socket.packets -= 1


class SendQueued(Event):
    """The application wrote; `queued` bytes stand against `sndbuf`.

    TCP's until they are acknowledged; UDP's, counted by truesize, until they are sent.
    """

    cpu: int
    socket: str
    queued: int
    sndbuf: int

    meaning = Meaning(
        "sk_write_queue",
        "The text waits in the socket: TCP's until it is acknowledged, UDP's until it is sent.",
    )

    def change(self, meters: Meters) -> None:
        socket = meters.sockets.setdefault(self.socket, SocketMeter(self.socket))
        socket.send_queued = self.queued


class SendAcknowledged(Event):
    """The peer acknowledged, or a datagram was sent; `queued` bytes of the text are left."""

    cpu: int
    socket: str
    queued: int

    meaning = Meaning(
        "tcp_clean_rtx_queue(), of UDP sock_wfree()",
        "The peer has acknowledged the text, or a datagram was sent: its buffers are freed.",
    )

    def change(self, meters: Meters) -> None:
        if socket := meters.sockets.get(self.socket):
            socket.send_queued = self.queued


class ConnectionQueued(Event):
    """An established connection waits in the accept queue, one of `waiting`, at most `backlog`."""

    cpu: int
    socket: str
    waiting: int
    backlog: int

    meaning = Meaning("inet_csk_reqsk_queue_add()", "An established connection waits to be accepted.")


class ConnectionAccepted(Event):
    """The application took a connection from the accept queue."""

    cpu: int
    socket: str
    waiting: int

    meaning = Meaning("inet_csk_accept()", "The application has taken the connection.")


class TcpStateChanged(Event):
    """A connection went from one state of RFC 9293 to another."""

    cpu: int
    socket: str
    before: str
    after: str

    tracepoint = "sock:inet_sock_set_state"
    meaning = Meaning("tcp_set_state()", "The connection's state machine took a transition.")


class SegmentRetransmitted(Event):
    """TCP sent a segment again; `why` is "timeout" or "fast"."""

    cpu: int
    socket: str
    packet: int
    why: str

    tracepoint = "tcp:tcp_retransmit_skb"
    meaning = Meaning("tcp_retransmit_skb()", "TCP sends the segment again.")
