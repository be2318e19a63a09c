"""The states of a connection and the transitions between them: figure 5 of RFC 9293 as a table."""

from enum import StrEnum


class ConnectionState(StrEnum):
    """RFC 9293, 3.3.2."""

    CLOSED = "CLOSED"
    LISTEN = "LISTEN"
    SYN_SENT = "SYN-SENT"
    SYN_RECEIVED = "SYN-RECEIVED"
    ESTABLISHED = "ESTABLISHED"
    FIN_WAIT_1 = "FIN-WAIT-1"
    FIN_WAIT_2 = "FIN-WAIT-2"
    CLOSE_WAIT = "CLOSE-WAIT"
    CLOSING = "CLOSING"
    LAST_ACK = "LAST-ACK"
    TIME_WAIT = "TIME-WAIT"


class Happening(StrEnum):
    """Causes of a transition: a call of the user, a segment that passed its checks, a timer."""

    PASSIVE_OPEN = "passive OPEN"
    ACTIVE_OPEN = "active OPEN"
    CLOSE = "CLOSE"
    SYN = "SYN"
    SYN_ACK = "SYN with ACK of ours"
    ACK_OF_SYN = "ACK of our SYN"
    FIN = "FIN"
    ACK_OF_FIN = "ACK of our FIN"
    REFUSED = "reset before it was established"
    TIMEOUT = "2 MSL over"


_S = ConnectionState
_H = Happening

TRANSITIONS: dict[tuple[ConnectionState, Happening], ConnectionState] = {
    (_S.CLOSED, _H.PASSIVE_OPEN): _S.LISTEN,
    (_S.CLOSED, _H.ACTIVE_OPEN): _S.SYN_SENT,
    (_S.LISTEN, _H.ACTIVE_OPEN): _S.SYN_SENT,
    (_S.LISTEN, _H.SYN): _S.SYN_RECEIVED,
    (_S.LISTEN, _H.CLOSE): _S.CLOSED,
    (_S.SYN_SENT, _H.SYN): _S.SYN_RECEIVED,  # both open at once
    (_S.SYN_SENT, _H.SYN_ACK): _S.ESTABLISHED,
    (_S.SYN_SENT, _H.CLOSE): _S.CLOSED,
    (_S.SYN_RECEIVED, _H.ACK_OF_SYN): _S.ESTABLISHED,
    (_S.SYN_RECEIVED, _H.REFUSED): _S.LISTEN,  # if it came from there
    (_S.ESTABLISHED, _H.CLOSE): _S.FIN_WAIT_1,
    (_S.ESTABLISHED, _H.FIN): _S.CLOSE_WAIT,
    (_S.FIN_WAIT_1, _H.ACK_OF_FIN): _S.FIN_WAIT_2,
    (_S.FIN_WAIT_1, _H.FIN): _S.CLOSING,  # both close at once
    (_S.FIN_WAIT_2, _H.FIN): _S.TIME_WAIT,
    (_S.CLOSE_WAIT, _H.CLOSE): _S.LAST_ACK,
    (_S.CLOSING, _H.ACK_OF_FIN): _S.TIME_WAIT,
    (_S.LAST_ACK, _H.ACK_OF_FIN): _S.CLOSED,
    (_S.TIME_WAIT, _H.TIMEOUT): _S.CLOSED,
}

# States with sequence numbers of both sides: 3.10.7.4 checks the segments.
SYNCHRONIZED = frozenset(ConnectionState) - {_S.CLOSED, _S.LISTEN, _S.SYN_SENT}
# States without text to retransmit.
OVER = frozenset([_S.CLOSED, _S.TIME_WAIT])
# States in which this side may have text in flight, or send it.
SENDING = frozenset([_S.ESTABLISHED, _S.CLOSE_WAIT, _S.FIN_WAIT_1, _S.CLOSING, _S.LAST_ACK])
# States in which the peer may send text.
RECEIVING = frozenset([_S.ESTABLISHED, _S.FIN_WAIT_1, _S.FIN_WAIT_2])
