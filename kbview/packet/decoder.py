"""Records become frames: time since the first packet, number, length on the wire, flow, fault.

Two memories spare a second reading of IPv4 without options or fragments. The decoder knows the flow of
every header that differs from an earlier one in nothing but lengths, sequence numbers and checksums;
`seen` is for the reader of a format, who looks there first: whole record headers, lengths and all.
"""

import zlib
from collections.abc import Iterable

from kbview.packet.clock import Clock
from kbview.packet.ethernet import ETH_HLEN
from kbview.packet.flow import MOST_FLOWS, Flows
from kbview.packet.frame import ETHERNET_MINIMUM, FCS_LENGTH, Flow, Frame, Protocol
from kbview.packet.link import HEADER_LENGTHS, LINKTYPE_ETHERNET, as_ethernet
from kbview.packet.outline import Outline, outline
from kbview.packet.record import MAXIMUM_SNAPLEN, Interface, Record

# A record's size in the file; then, of a plain packet: the frame's length on the wire, its flow, its
# payload (for TCP with its header, whose length varies), and the length field it must have if UDP.
Plain = tuple[int, Flow, int, bytes | None]
Seen = tuple[int, int, Flow, int, bytes | None]
MOST_SEEN = 8_192
NOBODY = Flow(-1, Protocol.OTHER, "", "", 0, 0, bytes(6), bytes(6), 0)
_TCP = Protocol.TCP
_WHOLE = {_TCP: 54, Protocol.UDP: 42}  # bytes of Ethernet, IPv4 and TCP or UDP headers
_IPV4, _UDP = 20, 8  # bytes of their headers
_PLAIN_IPV4 = b"\x08\x00\x45"


def _header_key(data: bytes) -> bytes:
    """MACs, ethertype, version; fragment, TTL, protocol; addresses and ports."""
    return data[:15] + data[20:24] + data[26:38]


class Decoder:
    """Keeps what one capture's packets share: the flows and the clock."""

    def __init__(self, verify: bool) -> None:
        self.verify = verify
        self.seen: dict[bytes, Seen] = {}
        self.clock = Clock()
        self._known: dict[bytes, Flow] = {}
        self._flows = Flows()

    def frames(self, records: Iterable[Record], packet: int) -> list[Frame]:
        """Decode records of which the first is number `packet`."""
        return [
            self.frame(self.clock.arrived_ps(time_ps), number, original_length, interface, data)
            for number, (time_ps, original_length, interface, data) in enumerate(records, packet)
        ]

    def frame(
        self, arrived_ps: int, packet: int, original: int, interface: Interface, data: bytes
    ) -> Frame:
        """Decode one record of any shape."""
        link_type = interface.link_type
        original = min(original, MAXIMUM_SNAPLEN) - interface.fcs_length
        broken = self.verify and _fcs_broken(data, original, interface)
        data = as_ethernet(link_type, data[: max(original, 0)])
        original += ETH_HLEN - HEADER_LENGTHS[link_type]
        seen = outline(data, original, self.verify)
        flow = self._flows.find(seen)
        if link_type == LINKTYPE_ETHERNET and not interface.fcs_length:
            self._remember(seen, data, flow)
        length = max(original + FCS_LENGTH, ETHERNET_MINIMUM)
        fault = "FCS" if broken else seen.fault
        # A segment's header is left out as long as the short cut has none to give.
        inner = seen.inner if seen.fragment else None
        return Frame(arrived_ps, packet, length, flow, seen.payload, seen.tcp_flags, fault, inner)

    def recall(
        self, header_key: bytes, captured: int, original: int, total: int, udp_length: bytes
    ) -> Plain | None:
        """What a packet is, by its header key and lengths; None if it must be decoded with care."""
        flow = self._known.get(header_key)
        if flow is None or not ETH_HLEN <= original - total <= MAXIMUM_SNAPLEN:
            return None
        length = original + FCS_LENGTH if original > ETHERNET_MINIMUM - FCS_LENGTH else ETHERNET_MINIMUM
        if flow.protocol is _TCP:
            return (length, flow, total - _IPV4, None) if captured >= _WHOLE[_TCP] else None
        payload = int.from_bytes(udp_length, "big") - _UDP
        if captured < _WHOLE[Protocol.UDP] or not 0 <= payload <= total - _IPV4 - _UDP:
            return None
        return length, flow, payload, udp_length

    def remember(self, key: bytes, header: Seen) -> None:
        """Spare the next of its kind the second look."""
        if len(self.seen) == MOST_SEEN:
            self.seen.clear()
        self.seen[key] = header

    def _remember(self, seen: Outline, data: bytes, flow: Flow) -> None:
        whole = _WHOLE.get(seen.protocol)
        if whole is None or len(data) < whole or data[12:15] != _PLAIN_IPV4 or flow.fragment:
            return
        if len(self._known) == MOST_FLOWS:
            self._known.clear()
        self._known[_header_key(data)] = flow


def _fcs_broken(data: bytes, length: int, interface: Interface) -> bool:
    """Whether a frame of `length` bytes and its FCS, captured whole, disagree."""
    if interface.fcs_length != FCS_LENGTH or len(data) != length + FCS_LENGTH:
        return False
    return zlib.crc32(data[:length]).to_bytes(FCS_LENGTH, "little") != data[length:]
