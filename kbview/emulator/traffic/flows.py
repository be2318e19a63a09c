"""Senders and destinations of synthetic traffic."""

from ipaddress import IPv4Address, ip_address

from kbview.packet.frame import Flow, Protocol
from kbview.packet.toeplitz import toeplitz

CLIENT_MAC = bytes.fromhex("020000000001")
CLIENT_ADDRESS = "10.0.0.1"
HOST_MAC = bytes.fromhex("020000000002")
HOST_ADDRESS = "10.0.0.2"
FIRST_PORT = 20_000
_CLIENT = ip_address(CLIENT_ADDRESS).packed
_GOLDEN = 2_654_435_769  # 2**32 over the golden ratio: multiples of it spread evenly


def udp_flows(flows: int, port: int, first: int = 0, destinations: int = 1) -> list[Flow]:
    """`flows` senders to one UDP port of this host, numbered from `first`, each with its own port.

    With several `destinations` most flows are for other hosts, as at a router.
    """
    return [
        client_flow(Protocol.UDP, number, port, address_of(number % destinations))
        for number in range(first, first + flows)
    ]


def address_of(number: int) -> str:
    """This host's address, then others all over the Internet."""
    if not number:
        return HOST_ADDRESS
    scattered = number * _GOLDEN % (1 << 32)
    first, host = 1 + (scattered >> 24) % 223, 1 + scattered % 254  # unicast, no broadcast
    return str(IPv4Address(first << 24 | scattered & 0xFF_FF00 | host))


def client_flow(protocol: Protocol, number: int, port: int, destination: str = HOST_ADDRESS) -> Flow:
    """From one port of the client, FIRST_PORT and `number` more, to one of this host."""
    addresses = _CLIENT + ip_address(destination).packed
    return Flow(
        number=number,
        protocol=protocol,
        source=CLIENT_ADDRESS,
        destination=destination,
        source_port=FIRST_PORT + number,
        destination_port=port,
        source_mac=CLIENT_MAC,
        destination_mac=HOST_MAC,
        rss_hash=toeplitz(addresses + (FIRST_PORT + number << 16 | port).to_bytes(4, "big")),
    )
