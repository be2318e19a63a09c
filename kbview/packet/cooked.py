"""Headers that Linux puts before a packet in place of the link's own: SLL, SLL2, NFLOG.

https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html, ..._SLL2.html, LINKTYPE_NFLOG.html
"""

import struct

from kbview.packet.llc import Inside, ethernet_header, internet, subnetwork

_BROADCAST = b"\xff" * 6
_PACKET_BROADCAST = 1  # linux/if_packet.h
_ARPHRD_IPGRE = 778  # linux/if_arp.h
_ETH_P_802_2 = 4  # linux/if_ether.h: LLC, in place of an ethertype
_ETH_P_TEB = 0x6558  # an Ethernet frame in GRE
_SLL = struct.Struct("!HHH6s2xH")  # packet type, device type, length of the address, address, protocol
_SLL2 = struct.Struct("!H6xHBB6s2x")  # protocol, device type, packet type, length, address
_NFULA_PAYLOAD = 9  # linux/netfilter/nfnetlink_log.h
_MOST_KINDS = 256  # a kind of NFLOG value is one byte; in the other byte order it looks larger


def sll(data: bytes) -> Inside:
    """16 bytes of which the last two are the protocol."""
    kind, device, length, address, protocol = _SLL.unpack(data[: _SLL.size].ljust(_SLL.size, b"\0"))
    return _cooked(data, _SLL.size, kind, device, address if length == 6 else b"", protocol)


def sll2(data: bytes) -> Inside:
    """20 bytes of which the first two are the protocol."""
    header = data[: _SLL2.size].ljust(_SLL2.size, b"\0")
    protocol, device, kind, length, address = _SLL2.unpack(header)
    return _cooked(data, _SLL2.size, kind, device, address if length == 6 else b"", protocol)


def _cooked(data: bytes, start: int, kind: int, device: int, source: bytes, protocol: int) -> Inside:
    destination = _BROADCAST if kind == _PACKET_BROADCAST else b""
    if protocol == _ETH_P_802_2:
        return subnetwork(data, start, destination, source)
    if protocol == _ETH_P_TEB and device == _ARPHRD_IPGRE:
        return Inside(start, b"")
    return Inside(start, ethernet_header(data[start:], protocol, destination, source))


def nflog(data: bytes) -> Inside:
    """Family, version, group; then values of a length and a kind, in the host's byte order."""
    start = 4
    while start + 4 <= len(data):
        length, kind = struct.unpack_from("<HH", data, start)
        if kind >= _MOST_KINDS:
            length, kind = struct.unpack_from(">HH", data, start)
        if kind == _NFULA_PAYLOAD:
            return internet(data, start + 4)
        start += max(-(-length // 4) * 4, 4)
    return internet(data, min(start, len(data)))
