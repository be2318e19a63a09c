"""Frames as fragments, and complete fragments as a datagram."""

from kbview.emulator.protocol.fragment import Fragment, of_ipv4, of_ipv6
from kbview.packet.frame import Combined, Flow, Frame, Part, Protocol
from kbview.packet.ipv4 import IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPv4
from kbview.packet.ipv6 import IPPROTO_ICMPV6, IPv6
from kbview.packet.tcp import HEADER as TCP_HEADER

_PROTOCOLS = {
    IPPROTO_TCP: Protocol.TCP,
    IPPROTO_UDP: Protocol.UDP,
    IPPROTO_ICMP: Protocol.ICMP,
    IPPROTO_ICMPV6: Protocol.ICMP,
}
_UDP_HEADER = 8
_FLOWS_KNOWN = 65_536


def fragment_of(frame: Frame, truesize: int) -> Fragment:
    """The fragment in a frame."""
    part = frame.inner
    if isinstance(part, Part) and isinstance(part.header, IPv4):
        return of_ipv4(part.header, part.length, truesize, frame)
    if isinstance(part, Part) and isinstance(part.header, IPv6):
        return of_ipv6(part.header, part.length, truesize, frame)
    raise TypeError(f"frame {frame.packet} brings no fragment")


class Datagrams:
    """Makes a frame of several fragments; the ports in the first fragment give the flow."""

    def __init__(self) -> None:
        self._flows: dict[tuple[Flow, Protocol, bytes], Flow] = {}

    def combined(self, frames: tuple[Frame, ...], fragments: list[Fragment]) -> Frame:
        """The datagram, with the packet number of its first fragment and the arrival of its last."""
        first = frames[0]
        part = first.inner
        if not isinstance(part, Part) or not isinstance(part.header, (IPv4, IPv6)):
            raise TypeError(f"frame {first.packet} brings no fragment")
        protocol = _PROTOCOLS.get(part.header.protocol, Protocol.IP)
        head, length = part.head, fragments[-1].end
        payload = 0
        if protocol is Protocol.UDP:
            payload = max(0, length - _UDP_HEADER)
        elif protocol is Protocol.TCP and len(head) >= TCP_HEADER:
            payload = max(0, length - (head[12] >> 4) * 4)
        elif protocol is Protocol.TCP:
            protocol = Protocol.IP  # a first fragment too short for its header (RFC 1858)
        flow = self._flow(first.flow, protocol, head[:4])
        flags = head[13] if protocol is Protocol.TCP else 0
        return Frame(
            max(frame.arrived_ps for frame in frames),
            first.packet,
            sum(frame.length for frame in frames),
            flow,
            payload,
            flags,
            "",
            Combined(frames),
        )

    def _flow(self, flow: Flow, protocol: Protocol, ports: bytes) -> Flow:
        key = (flow, protocol, ports)
        if key not in self._flows:
            if len(self._flows) >= _FLOWS_KNOWN:
                self._flows.clear()
            named = protocol in (Protocol.UDP, Protocol.TCP)
            self._flows[key] = Flow(
                flow.number,
                protocol,
                flow.source,
                flow.destination,
                int.from_bytes(ports[:2], "big") if named else 0,
                int.from_bytes(ports[2:], "big") if named else 0,
                flow.source_mac,
                flow.destination_mac,
                flow.rss_hash,
            )
        return self._flows[key]
