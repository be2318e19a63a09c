"""Everything that is in one packet, for people to read: scapy's dissection as plain text.

scapy takes most of a second to import and 200 microseconds a packet, and knows hundreds of
protocols: right for the packet that somebody looks at, wrong for a million of them.
"""

from typing import Any

import msgspec

# scapy takes these names from /etc/protocols, which a bare Debian does not have.
_PROTOCOLS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 47: "gre", 58: "ipv6_icmp", 132: "sctp"}
_PORTS = ("sport", "dport")


class DissectedLayer(msgspec.Struct):
    """A protocol's name, and its fields as text in the order of the wire."""

    name: str
    fields: list[tuple[str, str]]


def dissect(data: bytes) -> list[DissectedLayer]:
    """The layers of an Ethernet frame, outermost first. What scapy cannot read is a layer `Raw`."""
    from scapy import all as scapy

    _name_protocols(scapy.IP)
    try:
        packet = scapy.Ether(data)
        return [_layer(packet[depth]) for depth in range(len(packet.layers()))]
    except Exception:  # hostile bytes may break any of hundreds of parsers
        return [DissectedLayer("Raw", [("load", repr(data))])]


def _name_protocols(layer: Any) -> None:
    """Give the numbers names where this machine has none for them."""
    (field,) = (each for each in layer.fields_desc if each.name == "proto")
    for number, name in _PROTOCOLS.items():
        field.i2s.setdefault(number, name)


def _layer(packet: Any) -> DissectedLayer:
    return DissectedLayer(
        packet.name, [(each.name, _text(packet, each)) for each in packet.fields_desc]
    )


def _text(packet: Any, field: Any) -> str:
    """A port is a number: its name depends on the machine, and on who thought of it."""
    value = packet.getfieldval(field.name)
    return str(value) if field.name in _PORTS else str(field.i2repr(packet, value))
