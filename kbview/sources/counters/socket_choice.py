"""The sockets that a filter takes: each is judged as a packet that comes in for it."""

from collections.abc import Iterable
from ipaddress import ip_address

from kbview.packet import ethernet, ipv4, ipv6
from kbview.packet.filter.filter_tree import Fact, facts
from kbview.packet.filter.filter_verdict import FilterSubject, decide, verdict_of
from kbview.sources.choosing.socket_filter import owned
from kbview.sources.choosing.wanted import WantedPackets
from kbview.sources.linux.socket_state import SocketProtocol, SocketState

_NUMBERS = {SocketProtocol.TCP: 6, SocketProtocol.UDP: 17}
_REST = bytes(16)  # of a TCP header behind its ports


def chosen(states: Iterable[SocketState], wanted: WantedPackets) -> list[SocketState]:
    """The sockets of the filter, without the viewer's own connection."""
    states = list(states)
    if wanted.own is not None:
        own = (wanted.own.local, wanted.own.remote)
        states = [state for state in states if (state.local, state.remote) != own]
    if wanted.chosen is None:
        return states
    verdict = verdict_of(wanted.chosen)
    asked = {fact: set(owned(fact, states)) for fact in facts(wanted.chosen)}
    return [state for state in states if decide(verdict, _subject(state, asked))]


def _subject(state: SocketState, asked: dict[Fact, set[SocketState]]) -> FilterSubject:
    answers: dict[str, frozenset[str]] = {}
    for fact, sockets in asked.items():
        own = {fact.value} if state in sockets else set[str]()
        answers[fact.word] = answers.get(fact.word, frozenset()) | own
    frame = _frame(state)
    return FilterSubject(frame, len(frame), answers)


def _frame(state: SocketState) -> bytes:
    """A frame from the peer to the socket; of a socket without a peer, from no address."""
    here, there = ip_address(state.local.address), ip_address(state.remote.address)
    if here.version != there.version:  # an IPv4 end of a socket of IPv6
        there = ip_address("::" if here.version == 6 else "0.0.0.0")  # noqa: S104 - no address
    ports = state.remote.port.to_bytes(2, "big") + state.local.port.to_bytes(2, "big")
    number, segment = _NUMBERS[state.protocol], ports + _REST
    if here.version == 4:
        packet = ipv4.emit(ipv4.IPv4(there.packed, here.packed, number), segment)
        kind = ethernet.ETH_P_IP
    else:
        packet = ipv6.emit(ipv6.IPv6(there.packed, here.packed, number), segment)
        kind = ethernet.ETH_P_IPV6
    return ethernet.emit(ethernet.Ethernet(bytes(6), bytes(6), kind), packet)
