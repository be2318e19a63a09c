"""Sockets: receive, send and accept queues, and the state of a connection."""

from kbview.tape.event import Event


class SocketQueued(Event):
    """A packet waits in a socket's receive queue. Sizes are truesize, as the kernel counts them."""

    cpu: int
    packet: int
    socket: str
    queued: int
    rcvbuf: int


class SocketDequeued(Event):
    """The application took a packet from the receive queue; `queued` is what is left, truesize."""

    cpu: int
    packet: int
    socket: str
    queued: int


class SendQueued(Event):
    """The application wrote; `queued` bytes stand against `sndbuf`.

    TCP's until they are acknowledged; UDP's, counted by truesize, until they are sent.
    """

    cpu: int
    socket: str
    queued: int
    sndbuf: int


class SendAcknowledged(Event):
    """The peer acknowledged, or a datagram was sent; `queued` bytes are left of what was written."""

    cpu: int
    socket: str
    queued: int


class ConnectionQueued(Event):
    """An established connection waits in the accept queue, one of `waiting`, at most `backlog`."""

    cpu: int
    socket: str
    waiting: int
    backlog: int


class ConnectionAccepted(Event):
    """The application took a connection from the accept queue."""

    cpu: int
    socket: str
    waiting: int


class TcpStateChanged(Event):
    """A connection went from one state of RFC 9293 to another. Tracepoint sock:inet_sock_set_state."""

    cpu: int
    socket: str
    before: str
    after: str


class SegmentRetransmitted(Event):
    """TCP sent a segment again; `why` is "timeout" or "fast". Tracepoint tcp:tcp_retransmit_skb."""

    cpu: int
    socket: str
    packet: int
    why: str
