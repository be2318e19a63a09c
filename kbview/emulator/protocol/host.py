"""Who this host is: what the NIC's filter and IP's local table let in."""

from ipaddress import ip_address

import msgspec

from kbview.packet.frame import Flow, Protocol


class Host(msgspec.Struct, frozen=True):
    """The addresses of the host whose view is shown; `addresses` as text."""

    macs: frozenset[bytes]
    addresses: frozenset[str]

    def is_local(self, address: str) -> bool:
        """Whether IP delivers this destination here."""
        return address in self.addresses

    def sends(self, flow: Flow) -> bool:
        """Whether these are frames that this host put on the wire. On a loopback it also gets them."""
        if flow.source in self.addresses:
            return flow.destination not in self.addresses
        return flow.protocol is Protocol.OTHER and flow.source_mac in self.macs

    def is_group(self, address: str) -> bool:
        """Whether it is a broadcast or multicast address that nobody here joined by name."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return parsed.is_multicast or address == "255.255.255.255" or address.endswith(".255")
