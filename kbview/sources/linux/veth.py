"""A veth pair: what is sent into one end is received at the other, in the sender's own softirq.

Linux: drivers/net/veth.c. By rtnetlink through pyroute2, which takes 0.3 s to import: only here,
and only when a pair is made.
"""

import errno
import os
import time
from typing import TYPE_CHECKING, Any

import msgspec

from kbview.sources.linux.namespace import Namespace

if TYPE_CHECKING:
    from pyroute2 import IPRoute

_CARRIER_S = 10.0
_PREFIX = 24  # bits of the network both addresses are in


class Address(msgspec.Struct, frozen=True):
    """How one side is reached: the link's name in its namespace, its IPv4 and MAC addresses."""

    link: str
    address: str
    mac: str


class End(Address, frozen=True):
    """One side, with the namespace that it is in."""

    namespace: Namespace

    @property
    def plain(self) -> Address:
        """Only what can be told to another process."""
        return Address(self.link, self.address, self.mac)


def connect(a: End, b: End, queues: int, mtu: int) -> None:
    """Make the pair, each end in its namespace, up, with its address and the other's neighbour.

    Errors: OSError with the kernel's errno; ETIMEDOUT if b does not come up in ten seconds.
    """
    from pyroute2 import IPRoute
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        with a.namespace.entered(), IPRoute() as at_a:
            at_a.link("add", kind="veth", **_link(a, queues, mtu), peer=_peer(b, queues, mtu))
            with b.namespace.entered(), IPRoute() as at_b:
                _bring_up(at_b, b, a)
                _bring_up(at_a, a, b)
                _wait_until_up(at_b, b)  # it was opened without a carrier; a had one at once
    except NetlinkError as error:
        raise OSError(error.code, f"veth: {os.strerror(error.code)}") from error


def _link(end: End, queues: int, mtu: int) -> dict[str, Any]:
    queue_counts = {"num_tx_queues": queues, "num_rx_queues": queues}
    return {"ifname": end.link, "address": end.mac, "mtu": mtu, **queue_counts}


def _peer(end: End, queues: int, mtu: int) -> dict[str, Any]:
    """The same, born in its own namespace."""
    return {**_link(end, queues, mtu), "net_ns_fd": end.namespace.descriptor}


def _bring_up(route: "IPRoute", end: End, other: End) -> None:
    for name in ("lo", end.link):
        index = route.link_lookup(ifname=name)[0]
        route.link("set", index=index, state="up")
    route.addr("add", index=index, address=end.address, prefixlen=_PREFIX)
    route.neigh("add", dst=other.address, lladdr=other.mac, ifindex=index, state="permanent")


def _wait_until_up(route: "IPRoute", end: End) -> None:
    """Wait for the carrier: until linkwatch has seen it, the link drops every packet that is sent."""
    end_s = time.monotonic() + _CARRIER_S
    while True:
        (link,) = route.get_links(ifname=end.link)
        if link.get_attr("IFLA_OPERSTATE") == "UP":
            return
        if time.monotonic() > end_s:
            raise OSError(errno.ETIMEDOUT, f"{end.link} does not come up")
        time.sleep(0.001)
