"""Early demultiplexing: a segment of an established connection takes its route from the socket.

    ip_rcv_finish --> tcp_v4_early_demux: in the table of established sockets? --> sk_rx_dst
                               | no: a SYN, the ACK that ends the handshake, TIME-WAIT
                               v
                      ip_route_input_noref

A datagram for a socket that is not connected is not found either, so it is routed.
Linux: net/ipv4/ip_input.c ip_rcv_finish_core(), net/ipv4/tcp_ipv4.c tcp_v4_early_demux();
sysctl net.ipv4.ip_early_demux, tcp_early_demux, both 1
"""

from collections.abc import Callable

from kbview.emulator.protocol.tcp.state import ConnectionState
from kbview.packet.frame import Flow

_S = ConnectionState
_FULL = frozenset(
    {_S.ESTABLISHED, _S.FIN_WAIT_1, _S.FIN_WAIT_2, _S.CLOSE_WAIT, _S.CLOSING, _S.LAST_ACK}
)


class EarlyDemux:
    """The flows of established sockets; it tells of each flow that becomes or ceases to be known."""

    def __init__(self) -> None:
        self._known: set[Flow] = set()
        self._changed: list[Callable[[Flow], None]] = []

    def watch(self, changed: Callable[[Flow], None]) -> None:
        """Call `changed` with each flow that becomes or ceases to be known from now on."""
        self._changed.append(changed)

    def knows(self, flow: Flow) -> bool:
        """Whether the table of established sockets has the flow."""
        return flow in self._known

    def follow(self, flow: Flow, state: ConnectionState) -> None:
        """A connection has changed its state."""
        if state in _FULL:
            self.learn(flow)
        else:
            self.forget(flow)

    def learn(self, flow: Flow) -> None:
        """The connection is established."""
        if flow not in self._known:
            self._known.add(flow)
            self._tell(flow)

    def forget(self, flow: Flow) -> None:
        """The connection has no full socket any more."""
        if flow in self._known:
            self._known.remove(flow)
            self._tell(flow)

    def _tell(self, flow: Flow) -> None:
        for changed in self._changed:
            changed(flow)
