"""What is counted: the interfaces, and which interrupt lines are theirs."""

import contextlib
import os
import re
from collections.abc import Iterable
from functools import reduce

from kbview.sources.linux.netlink.links import (
    NETLINK_ROUTE,
    LinkTotals,
    NetworkLink,
    counts_of,
    counts_request,
    link_request,
    links_of,
)
from kbview.sources.linux.netlink.qdiscs import drops_of, qdiscs_request
from kbview.sources.linux.netlink.socket import NetlinkSocket
from kbview.sources.linux.procfs import netdev
from kbview.sources.linux.procfs.file import KernelFile
from kbview.sources.linux.procfs.interrupts import InterruptLine

# Vectors of a NIC that no received frame raises, by what drivers call them.
_NOT_RECEIVING = re.compile(
    r"config|output|mgmnt|async|event|ctrl|cmd|(?<!-tx)[-_.]tx(?!-?rx)", re.IGNORECASE
)


class Subject:
    """One interface, or all of this namespace that do not repeat another's frames."""

    def __init__(self, interface: str | None) -> None:
        self._listed = KernelFile("/proc/thread-self/net/dev")
        self._route: NetlinkSocket | None = NetlinkSocket(NETLINK_ROUTE)
        links = links_of(self._route.ask(link_request()))
        if interface is None:
            self._links = [link for link in links if not link.carries_again]
        else:
            self._links = [link for link in links if link.name == interface]
        self._last = LinkTotals()
        self._one = self._links[0].number if len(self._links) == 1 else None
        self._vectors = {number for link in self._links for number in _vectors_of(link)}

    @property
    def has_hardware(self) -> bool:
        """Whether any of it can raise interrupts at all."""
        return any(link.device for link in self._links)

    @property
    def names(self) -> list[str]:
        """The interfaces' names, as they were when this was made."""
        return [link.name for link in self._links]

    def counts(self) -> LinkTotals:
        """The sums of all interfaces; an interface that is gone keeps its last counts."""
        if self._route is not None:
            try:
                self._last = self._told(self._route)
                return self._last
            except OSError:  # before Linux 4.7, or an interface that is gone
                self._route.close()
                self._route = None
        self._last = self._written() or self._last
        return self._last

    def qdisc_drops(self) -> int | None:
        """Packets that the interfaces' qdiscs dropped; None where the kernel does not tell it."""
        if self._route is None:
            return None
        try:
            found = drops_of(self._route.ask(qdiscs_request()))
        except OSError:
            return None
        return sum(found.get(link.number, 0) for link in self._links)

    def _told(self, route: NetlinkSocket) -> LinkTotals:
        answers = 1 if self._one is not None else None
        found = counts_of(route.ask(counts_request(self._one), answers=answers))
        return _together(found.get(link.number, LinkTotals()) for link in self._links)

    def _written(self) -> LinkTotals | None:
        """The same from /proc, which does not tell missed frames from dropped ones."""
        found = netdev.parse(self._listed.read())
        there = [found[link.name] for link in self._links if link.name in found]
        if not there:
            return None
        return _together(
            LinkTotals(
                each.rx_packets, each.rx_bytes, each.rx_dropped, 0, each.tx_packets, each.tx_bytes
            )
            for each in there
        )

    def raises(self, line: InterruptLine) -> bool:
        """Whether received frames raise this interrupt line."""
        if _NOT_RECEIVING.search(line.said):
            return False
        return line.label in self._vectors or any(_is_named(line, link) for link in self._links)

    def close(self) -> None:
        """Hang up."""
        self._listed.close()
        if self._route is not None:
            self._route.close()


def _together(counts: Iterable[LinkTotals]) -> LinkTotals:
    return reduce(LinkTotals.plus, counts, LinkTotals())


def _vectors_of(link: NetworkLink) -> list[str]:
    """The message-signalled vectors of its device, or of the PCI function that its device is on."""
    device = f"/sys/class/net/{link.name}/device"
    if link.device and os.path.basename(os.path.realpath(device)) == link.device:  # the same namespace
        for folder in (f"{device}/msi_irqs", os.path.realpath(f"{device}/..") + "/msi_irqs"):
            with contextlib.suppress(OSError):
                return os.listdir(folder)
    return []


def _is_named(line: InterruptLine, link: NetworkLink) -> bool:
    """Whether a line's text begins or ends with the name of an interface or of its device."""
    return any(
        re.search(rf"(?:^|[\s,]){re.escape(name)}(?:$|[-_.,@])", line.said)
        for name in (link.name, link.device)
        if name and link.device
    )
