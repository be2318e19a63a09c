"""ARP for IPv4 over Ethernet (RFC 826): who has this address?"""

import struct

import msgspec

from kbview.packet.malformed import MalformedPacketError

ARPOP_REQUEST = 1
ARPOP_REPLY = 2

_HEADER = struct.Struct("!HHBBH6s4s6s4s")
_KIND = (1, 0x0800, 6, 4)  # hardware and protocol type, their address lengths


class Arp(msgspec.Struct):
    """One question or answer; addresses are bytes."""

    operation: int
    sender_mac: bytes
    sender: bytes
    target_mac: bytes
    target: bytes


def parse(data: bytes) -> tuple[Arp, bytes]:
    """Read a message; return it and what follows (padding)."""
    if len(data) < _HEADER.size:
        raise MalformedPacketError("PKT_TOO_SMALL", "ARP for IPv4 needs 28 bytes")
    *kind, operation, sender_mac, sender, target_mac, target = _HEADER.unpack_from(data)
    if tuple(kind) != _KIND:
        raise MalformedPacketError("NOT_SPECIFIED", "not ARP for IPv4 over Ethernet")
    return Arp(operation, sender_mac, sender, target_mac, target), data[_HEADER.size :]


def emit(message: Arp) -> bytes:
    """Write a message."""
    return _HEADER.pack(
        *_KIND,
        message.operation,
        message.sender_mac,
        message.sender,
        message.target_mac,
        message.target,
    )
