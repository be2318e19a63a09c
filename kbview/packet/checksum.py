"""The internet checksum: the one's complement of the one's complement sum (RFC 1071).

In one's complement 0xFFFF is zero again. The sum of 16-bit words is therefore the remainder of the
whole packet, read as one number, by 0xFFFF. Three long-integer operations in C give it; a loop over
words takes 750 steps in Python for a full frame. Compiled code takes the loop.
"""

import struct

from kbview.packet.compiled import COMPILED, Word

_LENGTH_PROTOCOL = struct.Struct("!II")
_ADDRESSES = 12  # where they begin in an IPv4 header
_IPV4 = 20  # bytes of its header without options
# Masks of that many bytes: the header, and halves of long numbers.
_LOW_20, _LOW_192, _LOW_384, _LOW_768 = ((1 << 8 * length) - 1 for length in (_IPV4, 192, 384, 768))


def checksum(data: bytes) -> int:
    """The value that a sender stores in a checksum field that is zero in `data`."""
    number = _number(data)
    total = number % 0xFFFF
    return 0xFFFF - (0xFFFF if number and not total else total)


def valid(data: bytes) -> bool:
    """Whether `data`, its checksum field included, sums to zero."""
    number = _number(data)
    return number > 0 and number % 0xFFFF == 0


def datagram_valid(datagram: bytes) -> bool:
    """Whether header and segment sums of a whole IPv4 datagram without options are 0.

    The speed of checked reading is made here. A single number serves both sums, for a sound header
    adds 0 to the segment's. Its bytes are swapped, and so is the sum (RFC 1071, 2 (B)): an odd last
    byte needs no shift. A remainder costs ten times as much as an addition, so a long number is
    folded first: 2^16 is 1 here, and halves add up. Measured, ns for frames of 54 to 1501 bytes: 660
    for the number, 1760 in all; 1950 without folding, 3170 with two sums.
    """
    if COMPILED:
        return _datagram_valid(datagram)
    number, length = int.from_bytes(datagram, "little"), len(datagram)
    header = number & _LOW_20
    if header % 0xFFFF:
        return False
    pseudo = (header >> 96) + (datagram[9] + length - _IPV4 << 8)
    while length > 1536:  # longer than any Ethernet frame: for segmentation or after coalescing
        length = (length + 3) // 4 * 2
        number = (number >> 8 * length) + (number & (1 << 8 * length) - 1)
    if length > 768:
        number = (number >> 6144) + (number & _LOW_768)
    if length > 384:
        number = (number >> 3072) + (number & _LOW_384)
        number = (number >> 1536) + (number & _LOW_192)
    return (number % 0xFFFF + pseudo) % 0xFFFF == 0


def _datagram_valid(datagram: bytes) -> bool:
    """The same, word by word: compiled code takes less time for that than to make a long integer."""
    header = _words(datagram, 0, _ADDRESSES)
    addresses = _words(datagram, _ADDRESSES, _IPV4)
    if (header + addresses) % 0xFFFF:
        return False
    pseudo = datagram[9] + len(datagram) - _IPV4 << 8
    return (_words(datagram, _IPV4, len(datagram)) + addresses + pseudo) % 0xFFFF == 0


def _words(data: bytes, start: int, end: int) -> int:
    """The sum of little-endian 16-bit words; an odd last byte is the low one of its word."""
    total: Word = 0
    at: Word = start
    last: Word = end - 1
    while at < last:
        total += data[at] | data[at + 1] << 8
        at += 2
    return total + data[at] if at == last else total


def partial(field: int, pseudo: bytes) -> bool:
    """Whether a sender left the sum to its NIC (CHECKSUM_PARTIAL).

    Such a packet was captured before the NIC finished it: the field holds the sum of the pseudo
    header alone, and the right sum is on the wire.
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
