"""Connections: the TCP state of each, from the events of its changes."""

from collections import Counter

from kbview.state.reducer import Reducer
from kbview.tape import events as ev
from kbview.tape.detail import Detail

_LINUX = {
    "SYN_SENT": "SYN-SENT",
    "SYN_RECV": "SYN-RECEIVED",
    "NEW_SYN_RECV": "SYN-RECEIVED",
    "FIN_WAIT1": "FIN-WAIT-1",
    "FIN_WAIT2": "FIN-WAIT-2",
    "CLOSE": "CLOSED",
}


def rfc_name(state: str) -> str:
    """The name of a TCP state in RFC 9293, from that or from Linux's name."""
    return _LINUX.get(state, state.replace("_", "-"))


class Connections(Reducer):
    """States by the name of the socket.

    A connection is forgotten two chunks of the tape after its last change.
    """

    hears = frozenset({ev.TcpStateChanged})
    least = Detail.STEPS

    def __init__(self) -> None:
        self._young: dict[str, str] = {}  # changed in this chunk
        self._old: dict[str, str] = {}  # in the one before

    def turn(self) -> None:
        self._young, self._old = {}, self._young

    def clear(self) -> None:
        self.turn()
        self.turn()

    def apply(self, record: ev.Event) -> None:
        if isinstance(record, ev.TcpStateChanged):
            self._young.pop(record.socket, None)  # the latest stands last
            self._young[record.socket] = rfc_name(record.after)

    def of(self, socket: str) -> str:
        """The state of a connection, by its name in RFC 9293; "" if no change of it is remembered."""
        return self._young.get(socket, self._old.get(socket, ""))

    @property
    def latest(self) -> str:
        """The state that a connection entered last; "" if none is remembered."""
        changed = self._young or self._old
        return next(reversed(changed.values()), "")

    def counts(self) -> Counter[str]:
        """How many of the remembered connections are in each state."""
        return Counter({**self._old, **self._young}.values())
