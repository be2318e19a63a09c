"""Interfaces: what they are (RTM_GETLINK) and what they counted (RTM_GETSTATS).

Linux: include/uapi/linux/if_link.h, struct rtnl_link_stats64
"""

import struct
from collections.abc import Iterable
from typing import NamedTuple

from kbview.sources.linux.netlink.message import Message, attributes, request

NETLINK_ROUTE = 0
_RTM_NEWLINK, _RTM_GETLINK, _RTM_NEWSTATS, _RTM_GETSTATS = 16, 18, 92, 94
_LINK = struct.Struct("=BxHiII")  # ifinfomsg
_IFLA_IFNAME, _IFLA_LINKINFO, _IFLA_PARENT_DEV_NAME = 3, 18, 56
_IFLA_INFO_KIND = 1
_STATS = struct.Struct("=BxHII")  # if_stats_msg
_IFLA_STATS_LINK_64 = 1
_COUNTS = struct.Struct("=16Q")
_OTHERHOST = struct.Struct("=192xQ")  # Linux 5.19 and later: behind eight more

# Links that carry again what another one has carried already.
_CARRY_AGAIN = frozenset(
    {"bridge", "bond", "team", "vlan", "macvlan", "macvtap", "ipvlan", "vrf", "macsec"}
)


class NetworkLink(NamedTuple):
    """An interface. `number` is its index.

    `kind` is "" for hardware and lo; `device` is what its bus calls it, "" where there is none.
    """

    number: int
    name: str
    kind: str
    device: str

    @property
    def carries_again(self) -> bool:
        """Whether its frames are counted at the link below it, too."""
        return self.kind in _CARRY_AGAIN


class LinkTotals(NamedTuple):
    """Totals since the interface was made.

    `rx_missed`: its NIC had no descriptor free. `rx_otherhost`: for another MAC address, 0 before Linux
    5.19. `tx_dropped`: its driver did not send them.
    """

    rx_packets: int = 0
    rx_bytes: int = 0
    rx_dropped: int = 0
    rx_missed: int = 0
    tx_packets: int = 0
    tx_bytes: int = 0
    rx_otherhost: int = 0
    tx_dropped: int = 0

    def plus(self, other: "LinkTotals") -> "LinkTotals":
        """Both together."""
        return LinkTotals(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def link_request() -> bytes:
    """Asks for all links."""
    return request(_RTM_GETLINK, _LINK.pack(0, 0, 0, 0, 0))


def counts_request(link: int | None = None) -> bytes:
    """Asks for the totals of one link, or of all."""
    body = _STATS.pack(0, 0, link or 0, 1 << _IFLA_STATS_LINK_64 - 1)
    return request(_RTM_GETSTATS, body, dump=link is None)


def links_of(answer: Iterable[Message]) -> list[NetworkLink]:
    """The links in an answer."""
    links = []
    for message in answer:
        if message.kind != _RTM_NEWLINK or len(message.body) < _LINK.size:
            continue
        link = _LINK.unpack_from(message.body)[2]
        told = attributes(message.body[_LINK.size :])
        info = attributes(told.get(_IFLA_LINKINFO, b""))
        links.append(
            NetworkLink(
                link,
                _text(told.get(_IFLA_IFNAME, b"")),
                _text(info.get(_IFLA_INFO_KIND, b"")),
                _text(told.get(_IFLA_PARENT_DEV_NAME, b"")),
            )
        )
    return links


def counts_of(answer: Iterable[Message]) -> dict[int, LinkTotals]:
    """The totals in an answer, by the link's number."""
    found = {}
    for message in answer:
        if message.kind != _RTM_NEWSTATS or len(message.body) < _STATS.size:
            continue
        data = attributes(message.body[_STATS.size :]).get(_IFLA_STATS_LINK_64, b"")
        if len(data) >= _COUNTS.size:
            rx, tx, rx_bytes, tx_bytes, _, _, dropped, unsent, *rest = _COUNTS.unpack_from(data)
            link = _STATS.unpack_from(message.body)[2]
            others = _OTHERHOST.unpack_from(data)[0] if len(data) >= _OTHERHOST.size else 0
            found[link] = LinkTotals(rx, rx_bytes, dropped, rest[-1], tx, tx_bytes, others, unsent)
    return found


def _text(data: bytes) -> str:
    return data.rstrip(b"\0").decode("utf-8", "replace")
