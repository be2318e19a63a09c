"""Who this host is: what the NIC's filter and IP's local table let in."""

from ipaddress import ip_address

import msgspec


class Host(msgspec.Struct, frozen=True):
    """The addresses of the host whose view is shown; `addresses` as text."""

    macs: frozenset[bytes]
    addresses: frozenset[str]

    def is_local(self, address: str) -> bool:
        """Whether IP delivers this destination here."""
        return address in self.addresses

    def is_group(self, address: str) -> bool:
        """Whether it is a broadcast or multicast address that nobody here joined by name."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return parsed.is_multicast or address == "255.255.255.255" or address.endswith(".255")
