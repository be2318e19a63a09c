"""Ethernet II and its VLAN tags (IEEE 802.3, 802.1Q, 802.1ad): who sends, to whom, and what follows.

| destination 6 | source 6 | [ TPID 2 | TCI 2 ] ... | ethertype 2 | payload ... |
"""

import struct

import msgspec

from kbview.packet.malformed import MalformedPacketError

ETH_HLEN = 14
ETH_P_IP = 0x0800
ETH_P_ARP = 0x0806
ETH_P_8021Q = 0x8100
ETH_P_IPV6 = 0x86DD
ETH_P_8021AD = 0x88A8
TAGS = (ETH_P_8021Q, ETH_P_8021AD)

_WORD = struct.Struct("!H")
_TAG = struct.Struct("!HH")


class Vlan(msgspec.Struct):
    """One tag: `tci` is priority (3 bits), drop eligible (1), VLAN number (12)."""

    tpid: int
    tci: int

    @property
    def number(self) -> int:
        """The VLAN that the frame belongs to."""
        return self.tci & 0x0FFF


class Ethernet(msgspec.Struct):
    """A MAC header. An ethertype of at most 1500 is a length: IEEE 802.3, not IP."""

    destination: bytes
    source: bytes
    ethertype: int
    vlans: tuple[Vlan, ...] = ()


def parse(data: bytes) -> tuple[Ethernet, bytes]:
    """Read a header; return it and what follows, padding included."""
    offset = 12
    vlans = []
    ethertype = _word(data, offset)
    while ethertype in TAGS:
        vlans.append(Vlan(ethertype, _word(data, offset + 2)))
        offset += 4
        ethertype = _word(data, offset)
    return Ethernet(data[:6], data[6:12], ethertype, tuple(vlans)), data[offset + 2 :]


def emit(header: Ethernet, payload: bytes) -> bytes:
    """Write a frame, neither padded nor with an FCS: both are the NIC's."""
    tags = b"".join(_TAG.pack(vlan.tpid, vlan.tci) for vlan in header.vlans)
    return header.destination + header.source + tags + _WORD.pack(header.ethertype) + payload


def _word(data: bytes, offset: int) -> int:
    if len(data) < offset + 2:
        raise MalformedPacketError("PKT_TOO_SMALL", "an Ethernet header needs 14 bytes, 4 more a tag")
    word: int = _WORD.unpack_from(data, offset)[0]
    return word
