"""Netlink's messages: a header, a fixed part, then attributes. Linux: include/uapi/linux/netlink.h"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

NLM_F_REQUEST, NLM_F_DUMP = 1, 0x300
_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_ATTRIBUTE = struct.Struct("=HH")  # length, type
_TYPE_MASK = 0x3FFF
_NLMSG_ERROR, _NLMSG_DONE = 2, 3


class Message(NamedTuple):
    """One message of an answer: its type and what follows the header."""

    kind: int
    body: bytes


def request(kind: int, body: bytes, *, dump: bool = True) -> bytes:
    """A question; `dump` asks for all there are."""
    flags = NLM_F_REQUEST | (NLM_F_DUMP if dump else 0)
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, 1, 0) + body


def messages(data: bytes) -> Iterator[Message]:
    """The messages of one datagram; what is cut short is left out."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, _, _, _ = _HEADER.unpack_from(data, at)
        if not _HEADER.size <= length <= len(data) - at:
            return
        yield Message(kind, data[at + _HEADER.size : at + length])
        at += _aligned(length)


def error_of(message: Message) -> int | None:
    """The errno if the message ends an answer: 0 when all is said; None if there is more."""
    if message.kind == _NLMSG_DONE:
        return 0
    if message.kind == _NLMSG_ERROR and len(message.body) >= 4:
        return -int.from_bytes(message.body[:4], "little", signed=True)
    return None


def attributes(body: bytes) -> dict[int, bytes]:
    """Attributes by their type; of several of one type the last."""
    found = {}
    at = 0
    while at + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, at)
        if not _ATTRIBUTE.size <= length <= len(body) - at:
            break
        found[kind & _TYPE_MASK] = body[at + _ATTRIBUTE.size : at + length]
        at += _aligned(length)
    return found


def _aligned(length: int) -> int:
    return -(-length // 4) * 4
