"""From a link's own header to an Ethernet header: by ethertype, by IP version, or by LLC and SNAP.

| DSAP 1 | SSAP 1 | control 1 | organisation 3 | ethertype 2 |   SNAP: AA AA 03

IEEE 802.2, RFC 1042, RFC 2684
"""

from typing import NamedTuple

from kbview.packet.ethernet import ETH_P_IP, ETH_P_IPV6, TAGS

LLC = 0  # an ethertype that is a length: IEEE 802.3, not IP
ANYTHING = -1  # a link type that nobody has

_BROADCAST = b"\xff" * 6
_NOBODY = b"\x02" + bytes(5)
_VERSIONS = {4: ETH_P_IP, 6: ETH_P_IPV6}
_SNAP = (b"\xaa\xaa\x03\0\0\0", b"\xaa\xaa\x03\0\0\xf8")  # RFC 1042; bridged, IEEE 802.1H
_BRIDGED_ETHERNET = (b"\xaa\xaa\x03\0\x80\xc2\0\1", b"\xaa\xaa\x03\0\x80\xc2\0\7")  # RFC 2684, 5.2
_NLPID = {b"\xfe\xfe\x03\xcc": ETH_P_IP, b"\xfe\xfe\x03\x8e": ETH_P_IPV6}
_LLC_IP = b"\x06\x06\x03"


class Inside(NamedTuple):
    """Where a packet begins after its link's header, and the Ethernet header to put before it.

    `ethernet` is b"" where an Ethernet frame begins there.
    """

    start: int
    ethernet: bytes


def internet(data: bytes, start: int) -> Inside:
    """An IP packet from `start` on, its version in its first bits."""
    packet = data[start:]
    version = packet[0] >> 4 if packet else 0
    return Inside(start, ethernet_header(packet, _VERSIONS.get(version, 0)))


def bridged(data: bytes, place: int, destination: bytes, source: bytes, after: int = 0) -> Inside:
    """An ethertype at `place`, `after` bytes of no interest, then its packet."""
    start = place + 2 + after
    ethertype = int.from_bytes(data[place : place + 2], "big")
    return Inside(start, ethernet_header(data[start:], ethertype, destination, source))


def subnetwork(data: bytes, start: int, destination: bytes = b"", source: bytes = b"") -> Inside:
    """An LLC header at `start`. It stays before a packet that is not IP, as in IEEE 802.3."""
    if data[start : start + 6] in _SNAP:
        return bridged(data, start + 6, destination, source)
    if data[start : start + 8] in _BRIDGED_ETHERNET:
        return Inside(start + 10, b"")
    if data[start : start + 4] in _NLPID:
        ethertype = _NLPID[data[start : start + 4]]
        return Inside(start + 4, ethernet_header(data[start + 4 :], ethertype, destination, source))
    if data[start : start + 3] == _LLC_IP:
        return Inside(start + 3, ethernet_header(data[start + 3 :], ETH_P_IP, destination, source))
    return Inside(start, ethernet_header(b"", LLC, destination, source))


def ethernet_header(
    packet: bytes, ethertype: int, destination: bytes = b"", source: bytes = b""
) -> bytes:
    """14 bytes for `packet`; addresses that are not given are made up from its IP addresses."""
    made_destination, made_source = _addresses(packet[4:] if ethertype in TAGS else packet)
    addresses = (destination or made_destination).ljust(6, b"\0")
    addresses += (source or made_source).ljust(6, b"\0")
    return addresses + ethertype.to_bytes(2, "big")


def _addresses(packet: bytes) -> tuple[bytes, bytes]:
    """MAC addresses for an IP packet's destination and source."""
    version = packet[0] >> 4 if packet else 0
    if version == 4:
        return _mac(packet[16:20]), _mac(packet[12:16])
    return (_mac(packet[24:40]), _mac(packet[8:24])) if version == 6 else (_NOBODY, _NOBODY)


def _mac(address: bytes) -> bytes:
    """Multicast and broadcast as the standards map them (RFC 1112, RFC 2464); a host as 02:00."""
    if address == b"\xff" * 4:
        return _BROADCAST
    if len(address) == 4 and address[0] >> 4 == 0xE:
        return bytes((0x01, 0x00, 0x5E, address[1] & 0x7F)) + address[2:]
    if len(address) == 16 and address[0] == 0xFF:
        return b"\x33\x33" + address[-4:]
    return (b"\x02\x00" + address[-4:]).ljust(6, b"\0")
