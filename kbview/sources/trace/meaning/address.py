"""Addresses as tracepoints hold them: arrays of bytes, a struct sockaddr, or text already."""

import sys
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

from kbview.packet.frame import endpoint as joined

_AF_INET6 = (10, "AF_INET6")
_FAMILIES = {2: slice(4, 8), 10: slice(8, 24)}  # where struct sockaddr_in and _in6 hold it


def of_sockaddr(value: object) -> str:
    """Address and port of a struct sockaddr; a text is that already. "" when it is neither."""
    if isinstance(value, str):
        return value
    if not isinstance(value, bytes) or len(value) < 8:
        return ""
    where = _FAMILIES.get(int.from_bytes(value[:2], sys.byteorder))
    return joined(_text(value[where]), int.from_bytes(value[2:4], "big")) if where else ""


def of_peer(family: object, addresses: Sequence[Any], port: object) -> str:
    """Of a socket's peer. `addresses` are saddr, daddr, saddr_v6, daddr_v6 of a tracepoint."""
    value = addresses[3 if family in _AF_INET6 else 1]
    text = _text(value) if isinstance(value, bytes) else str(value or "")
    return joined(text, port if isinstance(port, int) else 0)


def _text(value: bytes) -> str:
    return str(ip_address(value)) if len(value) in (4, 16) else ""
