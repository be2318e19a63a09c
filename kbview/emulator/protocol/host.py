"""The addresses of the host, for the filter of the NIC and the local route table of IP."""

from ipaddress import ip_address

import msgspec

from kbview.packet.frame import Flow, Protocol


class Host(msgspec.Struct, frozen=True):
    """MAC addresses, and IP addresses as text."""

    macs: frozenset[bytes]
    addresses: frozenset[str]

    def is_local(self, address: str) -> bool:
        """Whether IP delivers packets for this destination on the host."""
        return address in self.addresses

    def sends(self, flow: Flow) -> bool:
        """Whether the host sent the frames of this flow. On a loopback it also receives them."""
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
