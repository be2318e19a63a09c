"""What packets that are alike have in common: worked out at the first, looked up at the others.

A packet is *plain* if it is TCP or UDP in IPv4 without options or fragments, on Ethernet. Its *shape*
is the part of its record from the captured length to IPv4's own length. What a shape tells is kept
under its bytes; the flow is kept under addresses and ports, apart for every pair of MACs.
"""

import struct
from collections.abc import Callable

from kbview.packet.ethernet import ETH_HLEN
from kbview.packet.flow import Flows
from kbview.packet.frame import ETHERNET_MINIMUM, FCS_LENGTH, Flow, Protocol
from kbview.packet.record import MAXIMUM_SNAPLEN

RECORD = 16  # bytes of a classic capture's header before each packet
IPV4, TCP, UDP = 20, 20, 8  # bytes of their headers
MOST_SHAPES = 8_192
_ENDLESS = 1 << 62  # the size of a record that claims too much
_PLAIN_IPV4 = b"\x08\x00\x45"  # ethertype, version and header length
_KEY, _MACS, _ENDS = slice(8, 34), slice(16, 28), slice(42, 54)  # where they are in a record

_Known = dict[bytes, Flow]  # by addresses and ports
_NONE: _Known = {}  # stays empty
_Find = Callable[[bytes], Flow | None]
# Bytes of the record; length on the wire; bytes of the segment, and these as UDP's length must have
# them; where the datagram ends in the record if it can be summed, else 0; flows of TCP, of UDP.
Shape = tuple[int, int, int, bytes, int, _Find, _Find]


class Shapes:
    """The shapes of a capture in one byte order. `known` has those of plain packets so far."""

    def __init__(self, order: str, flows: Flows, verify: bool) -> None:
        self.known: dict[bytes, Shape] = {}
        self._sizes = struct.Struct(order + "II 12s 3s x 2s")
        self._flows = flows
        self._forgotten = flows.forgotten
        self._verify = verify
        self._links: dict[bytes, tuple[_Known, _Known]] = {}

    def learn(self, key: bytes) -> Shape:
        """Work out a shape; one whose packets cannot be plain finds no flow and is not kept."""
        captured, original, macs, kind, network_total = self._sizes.unpack(key)
        datagram = int.from_bytes(network_total, "big")
        segment, room = datagram - IPV4, captured - ETH_HLEN - IPV4
        sound = captured <= original <= MAXIMUM_SNAPLEN and datagram <= original - ETH_HLEN
        if kind != _PLAIN_IPV4 or not sound or min(segment, room) < UDP:
            size = RECORD + captured if captured <= MAXIMUM_SNAPLEN else _ENDLESS
            return size, 0, 0, b"", 0, _NONE.get, _NONE.get
        if len(self.known) == MOST_SHAPES:
            self.known.clear()
        tcp, udp = self._links.setdefault(macs, ({}, {}))
        shape: Shape = (
            RECORD + captured,
            max(original + FCS_LENGTH, ETHERNET_MINIMUM),
            segment,
            segment.to_bytes(2, "big"),
            RECORD + ETH_HLEN + datagram if self._verify and segment <= room else 0,
            tcp.get if room >= TCP else _NONE.get,
            udp.get,
        )
        self.known[key] = shape
        return shape

    def learn_flow(self, record: bytes, flow: Flow) -> None:
        """Know a plain packet's flow by its addresses and ports; forget all that `Flows` forgot."""
        if self._forgotten != self._flows.forgotten:
            self._forgotten = self._flows.forgotten
            self._links.clear()
            self.known.clear()
        if record[_KEY] in self.known and not flow.fragment:
            tcp, udp = self._links[record[_MACS]]
            if flow.protocol is Protocol.TCP:
                tcp[record[_ENDS]] = flow
            elif flow.protocol is Protocol.UDP:
                udp[record[_ENDS]] = flow
