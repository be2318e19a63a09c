"""Senders and destinations of synthetic traffic."""

from collections.abc import Iterable
from ipaddress import IPv4Address, ip_address, ip_network
from itertools import count, islice

from kbview.emulator.hardware.rss import SECOND_MAC
from kbview.emulator.traffic.ports import FIRST_PORT
from kbview.packet.frame import Flow, Protocol
from kbview.packet.toeplitz import toeplitz

CLIENT_MAC = bytes.fromhex("020000000001")
CLIENT_ADDRESS = "10.0.0.1"
HOST_MAC = bytes.fromhex("020000000002")
HOST_ADDRESS = "10.0.0.2"
SECOND_ADDRESS = "10.0.1.2"  # of the second port
_GOLDEN = 2_654_435_769  # 2**32 over the golden ratio: multiples of it spread evenly


def udp_flows(
    flows: int,
    port: int,
    first: int = 0,
    destinations: int = 1,
    source_ports: Iterable[int] | None = None,
    source: str = CLIENT_ADDRESS,
) -> list[Flow]:
    """`flows` senders to one UDP port of this host, numbered from `first`, each with its own port.

    Their addresses are those of the prefix `source` in turn, from its first.

    The n-th sender has the n-th of `source_ports`; without these, FIRST_PORT and n more. With several
    `destinations` most flows are for other hosts, as at a router.
    """
    senders = ip_network(source)
    ports = islice(source_ports or count(FIRST_PORT), first, first + flows)
    return [
        client_flow(
            Protocol.UDP,
            number,
            port,
            address_of(number % destinations),
            source_port,
            str(senders[number % senders.num_addresses]),
        )
        for number, source_port in enumerate(ports, first)
    ]


def by_second_port(flows: list[Flow]) -> list[Flow]:
    """The same senders to the host's second port, which has addresses of its own."""
    return [
        client_flow(
            flow.protocol,
            flow.number,
            flow.destination_port,
            SECOND_ADDRESS,
            flow.source_port,
            flow.source,
            SECOND_MAC,
        )
        for flow in flows
    ]


def address_of(number: int) -> str:
    """This host's address, then others all over the Internet."""
    if not number:
        return HOST_ADDRESS
    scattered = number * _GOLDEN % (1 << 32)
    first, host = 1 + (scattered >> 24) % 223, 1 + scattered % 254  # unicast, no broadcast
    return str(IPv4Address(first << 24 | scattered & 0xFF_FF00 | host))


def client_flow(
    protocol: Protocol,
    number: int,
    port: int,
    destination: str = HOST_ADDRESS,
    source_port: int | None = None,
    source: str = CLIENT_ADDRESS,
    destination_mac: bytes = HOST_MAC,
) -> Flow:
    """From one port of a client to one of this host; without it, FIRST_PORT and `number` more."""
    if source_port is None:
        source_port = FIRST_PORT + number
    addresses = ip_address(source).packed + ip_address(destination).packed
    return Flow(
        number=number,
        protocol=protocol,
        source=source,
        destination=destination,
        source_port=source_port,
        destination_port=port,
        source_mac=CLIENT_MAC,
        destination_mac=destination_mac,
        rss_hash=toeplitz(addresses + (source_port << 16 | port).to_bytes(4, "big")),
    )
