"""A fragment as reassembly sees it, with the key of its datagram."""

from typing import NamedTuple

import msgspec

from kbview.packet import ipv4, ipv6
from kbview.packet.ipv6 import IPPROTO_FRAGMENT


class FragmentKey(NamedTuple):
    """The fields that identify a datagram: RFC 791, 3.2; in RFC 8200, 4.5 without protocol."""

    version: int
    source: bytes
    destination: bytes
    identification: int
    protocol: int


class Fragment(msgspec.Struct, gc=False, eq=False):
    """Bytes `start` up to `end` of a datagram's payload; `last` if none come after.

    `header` is the IP header that a whole datagram would have, `truesize` the memory it is charged
    with, both bytes. `carrier` is whatever brought it, such as a frame.
    """

    key: FragmentKey
    start: int
    end: int
    last: bool
    header: int
    truesize: int
    carrier: object = None


def of_ipv4(header: ipv4.IPv4, length: int, truesize: int, carrier: object = None) -> Fragment:
    """The fragment with this header and `length` bytes after it."""
    key = FragmentKey(4, header.source, header.destination, header.identification, header.protocol)
    start = header.fragment_offset * 8
    last = not header.more_fragments
    return Fragment(key, start, start + length, last, header.length, truesize, carrier)


def of_ipv6(header: ipv6.IPv6, length: int, truesize: int, carrier: object = None) -> Fragment:
    """The same for IPv6; its extensions up to the fragment header come with every fragment."""
    extensions = [extension.number for extension in header.extensions]
    place = extensions.index(IPPROTO_FRAGMENT)
    body = header.extensions[place].body  # reserved, offset and flags, identification
    field = int.from_bytes(body[1:3], "big")
    after = sum(1 + len(extension.body) for extension in header.extensions[place + 1 :])
    key = FragmentKey(6, header.source, header.destination, int.from_bytes(body[3:7], "big"), 0)
    start, last = field & 0xFFF8, not field & 1
    unfragmented = header.length - after - 8
    return Fragment(key, start, start + length + after, last, unfragmented, truesize, carrier)
