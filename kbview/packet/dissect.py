"""Everything that is in one packet, for people to read: scapy's dissection as plain text.

scapy takes most of a second to import and 200 microseconds a packet, and knows hundreds of
protocols: right for the packet that somebody looks at, wrong for a million of them.
"""

from typing import Any

import msgspec


class Layer(msgspec.Struct):
    """A protocol's name, and its fields as text in the order of the wire."""

    name: str
    fields: list[tuple[str, str]]


def dissect(data: bytes) -> list[Layer]:
    """The layers of an Ethernet frame, outermost first. What scapy cannot read is a layer `Raw`."""
    from scapy import all as scapy

    try:
        packet = scapy.Ether(data)
        return [_layer(packet[depth]) for depth in range(len(packet.layers()))]
    except Exception:  # hostile bytes may break any of hundreds of parsers
        return [Layer("Raw", [("load", repr(data))])]


def _layer(packet: Any) -> Layer:
    fields = [
        (each.name, str(each.i2repr(packet, packet.getfieldval(each.name))))
        for each in packet.fields_desc
    ]
    return Layer(packet.name, fields)
