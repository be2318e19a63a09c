"""Flows by what their packets have in common: one object a conversation and direction."""

from functools import lru_cache
from ipaddress import ip_address

from kbview.packet.frame import Flow, Protocol
from kbview.packet.outline import Outline
from kbview.packet.toeplitz import toeplitz

MOST_FLOWS = 65_536  # known at a time; a flow that comes back later gets a new number
_REMEMBERED = 4_096  # addresses and hashes: a capture in a loop brings the same flows again

_Key = tuple[bytes, Protocol, bytes, bytes, bytes, bool]


class Flows:
    """The flows seen, numbered from 0 in the order of their first packets."""

    def __init__(self) -> None:
        self._flows: dict[_Key, Flow] = {}
        self._count = 0
        self.forgotten = 0  # how often all were

    def find(self, seen: Outline) -> Flow:
        """The flow that a frame belongs to."""
        key = (
            seen.macs,
            seen.protocol,
            seen.source,
            seen.destination,
            seen.ports,
            seen.fragment,
        )
        flow = self._flows.get(key)
        if flow is None:
            if len(self._flows) == MOST_FLOWS:
                self._flows.clear()
                self.forgotten += 1
            flow = self._flows[key] = new_flow(self._count, seen)
            self._count += 1
        return flow


def new_flow(number: int, seen: Outline) -> Flow:
    """The flow that a frame opens, hashed as NICs hash.

    TCP and UDP hash addresses and ports; other IP and fragments, whose ports only the first part
    has, addresses alone; anything else is not hashed. Some NICs leave UDP's ports out until told
    (`ethtool -N ... rx-flow-hash udp4 sdfn`).
    """
    hashed = seen.protocol not in (Protocol.ARP, Protocol.OTHER)
    return Flow(
        number,
        seen.protocol,
        _text(seen.source, seen.macs[6:]),
        _text(seen.destination, seen.macs[:6]),
        int.from_bytes(seen.ports[:2], "big"),
        int.from_bytes(seen.ports[2:], "big"),
        seen.macs[6:],
        seen.macs[:6],
        _hash(seen.source + seen.destination + seen.ports) if hashed else 0,
        seen.fragment,
    )


_hash = lru_cache(_REMEMBERED)(toeplitz)


@lru_cache(_REMEMBERED)
def _text(address: bytes, mac: bytes) -> str:
    return str(ip_address(address)) if address else mac.hex(":")
