"""The internet checksum: the one's complement of the one's complement sum (RFC 1071).

In one's complement 0xFFFF is zero again, so the sum of 16-bit words is the remainder of the whole
packet, read as one number, by 0xFFFF: three long-integer operations in C where a loop over words
would take 750 steps in Python for a full frame.
"""

import struct

_LENGTH_PROTOCOL = struct.Struct("!II")


def checksum(data: bytes) -> int:
    """What a sender stores in a checksum field that is zero in `data`."""
    number = _number(data)
    total = number % 0xFFFF
    return 0xFFFF - (0xFFFF if number and not total else total)


def valid(data: bytes) -> bool:
    """Whether `data`, its checksum field included, sums to zero."""
    number = _number(data)
    return number > 0 and number % 0xFFFF == 0


def partial(field: int, pseudo: bytes) -> bool:
    """Whether a sender left the sum to its NIC (CHECKSUM_PARTIAL).

    Such a packet was captured before the NIC finished it: the field holds the sum of the pseudo
    header alone, and the wire sees a right one.
    """
    return field % 0xFFFF == _number(pseudo) % 0xFFFF


def pseudo_header(addresses: bytes, protocol: int, length: int) -> bytes:
    """The part of the IP header that TCP, UDP and ICMPv6 sum too: RFC 9293, RFC 8200 section 8.1.

    `addresses` is the source followed by the destination. Written as in IPv6; IPv4's has the same
    words in another order, which a sum does not see.
    """
    return addresses + _LENGTH_PROTOCOL.pack(length, protocol)


def _number(data: bytes) -> int:
    number = int.from_bytes(data, "big")
    return number << 8 if len(data) & 1 else number
