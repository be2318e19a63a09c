"""Records become frames: time since the first packet, number, length on the wire, flow, fault.

`tcp` and `udp` remember the flow of every header that differs from one already seen in nothing but
lengths, sequence numbers and checksums; `pcap.Pcap` looks there first. What it finds there has an
IPv4 header without options, is no fragment, and needs no second reading.
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

SHORT_CUT = 54  # bytes of Ethernet, IPv4 and TCP headers
_PLAIN_IPV4 = b"\x08\x00\x45"


def header_key(data: bytes) -> bytes:
    """MACs, ethertype, version; fragment, TTL, protocol; addresses and ports."""
    return data[:15] + data[20:24] + data[26:38]


class Decoder:
    """Keeps what one capture's packets share: the flows and the clock."""

    def __init__(self, verify: bool) -> None:
        self.verify = verify
        self.tcp: dict[bytes, Flow] = {}
        self.udp: dict[bytes, Flow] = {}
        self.clock = Clock()
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
        return Frame(arrived_ps, packet, length, flow, seen.payload, seen.tcp_flags, fault)

    def _remember(self, seen: Outline, data: bytes, flow: Flow) -> None:
        known = {Protocol.TCP: self.tcp, Protocol.UDP: self.udp}.get(seen.protocol)
        if known is None or len(data) < SHORT_CUT or data[12:15] != _PLAIN_IPV4:
            return
        if len(known) == MOST_FLOWS:
            known.clear()
        known[header_key(data)] = flow


def _fcs_broken(data: bytes, length: int, interface: Interface) -> bool:
    """Whether a frame of `length` bytes and its FCS, captured whole, disagree."""
    if interface.fcs_length != FCS_LENGTH or len(data) != length + FCS_LENGTH:
        return False
    return zlib.crc32(data[:length]).to_bytes(FCS_LENGTH, "little") != data[length:]
