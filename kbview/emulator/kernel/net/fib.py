"""The kernel's route table: the nodes that a look-up fetches, because its depth has a price.

With one route the answer is at the root. In a table of the Internet's size a look-up visits three to
six nodes and prefixes; with many destinations, each is a cache line that only memory holds.
The look-up of the source address (fib_validate_source) finds few addresses, so its nodes are cached.
"""

from dataclasses import dataclass
from typing import Annotated

from kbview.emulator.keys import Keys, number
from kbview.emulator.protocol.bgp_table import bgp_table
from kbview.emulator.protocol.host import Host
from kbview.packet.frame import Flow

_IPV4 = 4  # parts of a dotted address


@dataclass(frozen=True, kw_only=True)
class FibSettings(Keys):
    """The routing table."""

    routes: Annotated[
        int,
        number(
            "routes in the table that a forwarded packet is looked up in", "routes", ge=1, le=2_000_000
        ),
    ] = 1


class Fib:
    """A route table of `routes` prefixes."""

    def __init__(self, routes: int, host: Host) -> None:
        self._routes = routes
        self.host = host

    @property
    def steps(self) -> tuple[str, ...]:
        """The step of a look-up for each node beyond the first; () where there is one route."""
        return () if self._routes == 1 else ("fib_node",)

    def is_group(self, flow: Flow) -> bool:
        """Whether its destination is a broadcast or multicast address."""
        return self.host.is_group(flow.destination)

    def nodes(self, flow: Flow) -> tuple[str, ...]:
        """A step for each node beyond the first; none for IPv6, which has a table of its own."""
        parts = flow.destination.split(".")
        if self._routes == 1 or len(parts) != _IPV4:
            return ()
        address = int.from_bytes(bytes(map(int, parts)), "big")
        return self.steps * (bgp_table(self._routes).lookup(address).levels - 1)
