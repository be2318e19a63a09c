"""What packets that are alike have in common: worked out at the first, looked up at the others.

A packet is *plain* if it is TCP or UDP in IPv4 without options or fragments, on Ethernet. Its *shape*
is the part of its record from the captured length to IPv4's own length. What a shape tells is kept
under its bytes; the flow is kept under addresses and ports, apart for every pair of MACs.
"""

import struct

from kbview.packet.ethernet import ETH_HLEN
from kbview.packet.flow import Flows
from kbview.packet.frame import ETHERNET_MINIMUM, FCS_LENGTH, Flow, Protocol
from kbview.packet.record import MAXIMUM_SNAPLEN

IPV4, TCP, UDP = 20, 20, 8  # bytes of their headers
MOST_SHAPES = 8_192
_ENDLESS = 1 << 62  # the size of a record that claims too much
_PLAIN_IPV4 = b"\x08\x00\x45"  # ethertype, version and header length


class Known(dict[bytes, Flow | None]):
    """Flows of one protocol by addresses and ports; None where there is none yet."""

    __slots__ = ()

    def __missing__(self, ends: bytes) -> None:
        return None


NOBODY = Known()

# Bytes of the packet in the file; length on the wire; bytes of the segment, and these as UDP's
# length must have them; bytes of the datagram if it can be summed, else 0; flows of TCP, of UDP.
Shape = tuple[int, int, int, int, int, Known, Known]


class Shapes(dict[bytes, Shape]):
    """Shapes by their bytes, in the byte order of a capture; looking one up works it out."""

    def __init__(self, order: str, flows: Flows, verify: bool) -> None:
        super().__init__()
        self._sizes = struct.Struct(order + "II 12s 3s x 2s")
        self._short = struct.Struct(order + "H")
        self._flows = flows
        self._forgotten = flows.forgotten
        self._verify = verify
        self._links: dict[bytes, tuple[Known, Known]] = {}

    def __missing__(self, key: bytes) -> Shape:
        captured, original, macs, kind, network_total = self._sizes.unpack(key)
        if captured > MAXIMUM_SNAPLEN:
            return _ENDLESS, 0, 0, -1, 0, NOBODY, NOBODY
        datagram = int.from_bytes(network_total, "big")
        segment, room = datagram - IPV4, captured - ETH_HLEN - IPV4
        sound = captured <= original <= MAXIMUM_SNAPLEN and datagram <= original - ETH_HLEN
        if kind != _PLAIN_IPV4 or not sound or min(segment, room) < UDP:
            return captured, 0, 0, -1, 0, NOBODY, NOBODY
        if len(self) == MOST_SHAPES:
            self.clear()
        (udp_length,) = self._short.unpack(segment.to_bytes(2, "big"))
        summed = datagram if self._verify and datagram <= captured - ETH_HLEN else 0
        tcp, udp = self._links.setdefault(macs, (Known(), Known()))
        length = max(original + FCS_LENGTH, ETHERNET_MINIMUM)
        self[key] = shape = (
            captured, length, segment, udp_length, summed, tcp if room >= TCP else NOBODY, udp
        )  # fmt: skip
        return shape

    def learn(self, packet: bytes, flow: Flow) -> None:
        """Know a plain packet's flow by its addresses and ports; forget what `Flows` forgot."""
        if self._forgotten != self._flows.forgotten:
            self._forgotten = self._flows.forgotten
            self._links.clear()
            self.clear()
        link = self._links.get(packet[:12])
        if link and packet[12:15] == _PLAIN_IPV4 and not flow.fragment:
            if flow.protocol is Protocol.TCP:
                link[0][packet[26:38]] = flow
            elif flow.protocol is Protocol.UDP:
                link[1][packet[26:38]] = flow
