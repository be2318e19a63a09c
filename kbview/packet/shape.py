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

RECORD = 16  # bytes of a classic capture's header before each packet
IPV4, TCP, UDP = 20, 20, 8  # bytes of their headers
MOST_SHAPES = 8_192
_ENDLESS = 1 << 62  # the size of a record that claims too much
_PLAIN_IPV4 = b"\x08\x00\x45"  # ethertype, version and header length

Known = dict[bytes, Flow]  # by addresses and ports
# Bytes of the record; length on the wire; bytes of the segment, and these as UDP's length must have
# them; where the datagram ends in the record if it can be summed, else 0; flows of TCP, of UDP.
Shape = tuple[int, int, int, int, int, Known, Known]


class Shapes:
    """The shapes of a capture in one byte order. `known` has those met, by their bytes."""

    def __init__(self, order: str, flows: Flows, verify: bool) -> None:
        self.known: dict[bytes, Shape] = {}
        self._sizes = struct.Struct(order + "II 12s 3s x 2s")
        self._short = struct.Struct(order + "H")
        self._flows = flows
        self._forgotten = flows.forgotten
        self._verify = verify
        self._links: dict[bytes, tuple[Known, Known]] = {}

    def learn(self, key: bytes) -> int:
        """Know a shape, if packets of it can be plain; the bytes of its records."""
        captured: int
        captured, original, macs, kind, network_total = self._sizes.unpack(key)
        datagram = int.from_bytes(network_total, "big")
        segment, room = datagram - IPV4, captured - ETH_HLEN - IPV4
        sound = captured <= original <= MAXIMUM_SNAPLEN and datagram <= original - ETH_HLEN
        if kind != _PLAIN_IPV4 or not sound or min(segment, room) < UDP:
            return RECORD + captured if captured <= MAXIMUM_SNAPLEN else _ENDLESS
        if len(self.known) == MOST_SHAPES:
            self.known.clear()
        tcp, udp = self._links.setdefault(macs, ({}, {}))
        self.known[key] = (
            RECORD + captured,
            max(original + FCS_LENGTH, ETHERNET_MINIMUM),
            segment,
            self._short.unpack(segment.to_bytes(2, "big"))[0],
            RECORD + ETH_HLEN + datagram if self._verify and segment <= room else 0,
            tcp if room >= TCP else {},
            udp,
        )
        return RECORD + captured

    def learn_flow(self, packet: bytes, flow: Flow) -> None:
        """Know a plain packet's flow by its addresses and ports; forget all that `Flows` forgot."""
        if self._forgotten != self._flows.forgotten:
            self._forgotten = self._flows.forgotten
            self._links.clear()
            self.known.clear()
        link = self._links.get(packet[:12])
        if link and packet[12:15] == _PLAIN_IPV4 and not flow.fragment:
            if flow.protocol is Protocol.TCP:
                link[0][packet[26:38]] = flow
            elif flow.protocol is Protocol.UDP:
                link[1][packet[26:38]] = flow
