"""The properties that similar packets share: worked out at the first packet, looked up afterwards.

A packet is *plain* if it is TCP or UDP in IPv4 without options or fragments, on Ethernet. Its *shape*
is the part of its record from the captured length to IPv4's own length. A table has a row for each
shape, found by the shape's bytes. Each pair of MACs has a table of flows, found by addresses and ports.
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

_Known = dict[bytes, Flow]  # by addresses and ports
_NONE: _Known = {}  # stays empty
# Bytes of the record; length on the wire; bytes of the segment, and these as UDP's length must have
# them; where the datagram ends in the record if it can be summed, else 0; flows of TCP, of UDP.
Shape = tuple[int, int, int, bytes, int, _Known, _Known]


class Shapes:
    """The shapes of a capture in one byte order. `known` has the shapes of the plain packets so far."""

    def __init__(self, order: str, flows: Flows, verify: bool) -> None:
        self.known: dict[bytes, Shape] = {}
        self._sizes = struct.Struct(order + "II 12s 3s x 2s")
        self._flows = flows
        self._forgotten = flows.forgotten
        self._verify = verify
        self._links: dict[bytes, tuple[_Known, _Known]] = {}

    def learn(self, key: bytes) -> Shape:
        """Work out a shape. A shape of packets that cannot be plain has no flows, and is not kept."""
        captured, original, macs, kind, network_total = self._sizes.unpack(key)
        datagram = int.from_bytes(network_total, "big")
        segment, room = datagram - IPV4, captured - ETH_HLEN - IPV4
        sound = captured <= original <= MAXIMUM_SNAPLEN and datagram <= original - ETH_HLEN
        if kind != _PLAIN_IPV4 or not sound or min(segment, room) < UDP:
            size = RECORD + captured if captured <= MAXIMUM_SNAPLEN else _ENDLESS
            return size, 0, 0, b"", 0, _NONE, _NONE
        if len(self.known) == MOST_SHAPES:
            self.known.clear()
        tcp, udp = self._links.setdefault(macs, ({}, {}))
        shape: Shape = (
            RECORD + captured,
            max(original + FCS_LENGTH, ETHERNET_MINIMUM),
            segment,
            segment.to_bytes(2, "big"),
            RECORD + ETH_HLEN + datagram if self._verify and segment <= room else 0,
            tcp if room >= TCP else _NONE,
            udp,
        )
        self.known[key] = shape
        return shape

    def learn_flow(self, record: bytes, flow: Flow) -> None:
        """Know a plain packet's flow by its addresses and ports; forget all that `Flows` forgot."""
        if self._forgotten != self._flows.forgotten:
            self._forgotten = self._flows.forgotten
            self._links.clear()
            self.known.clear()
        if record[8:34] in self.known and not flow.fragment:
            ends = record[42:54]
            tcp, udp = self._links[record[16:28]]
            if flow.protocol is Protocol.TCP:
                tcp[ends] = flow
            elif flow.protocol is Protocol.UDP:
                udp[ends] = flow
