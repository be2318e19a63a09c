"""Who sends synthetic traffic to whom."""

from ipaddress import ip_address

from kbview.packet.frame import Flow, Protocol
from kbview.packet.toeplitz import toeplitz

CLIENT_MAC = bytes.fromhex("020000000001")
CLIENT_ADDRESS = "10.0.0.1"
HOST_MAC = bytes.fromhex("020000000002")
HOST_ADDRESS = "10.0.0.2"
FIRST_PORT = 20_000
_ADDRESSES = ip_address(CLIENT_ADDRESS).packed + ip_address(HOST_ADDRESS).packed


def udp_flows(flows: int, port: int, first: int = 0) -> list[Flow]:
    """`flows` senders to one UDP port of this host, numbered from `first`, each with its own port."""
    return [client_flow(Protocol.UDP, number, port) for number in range(first, first + flows)]


def client_flow(protocol: Protocol, number: int, port: int) -> Flow:
    """From one port of the client, FIRST_PORT and `number` more, to one of this host."""
    return Flow(
        number=number,
        protocol=protocol,
        source=CLIENT_ADDRESS,
        destination=HOST_ADDRESS,
        source_port=FIRST_PORT + number,
        destination_port=port,
        source_mac=CLIENT_MAC,
        destination_mac=HOST_MAC,
        rss_hash=toeplitz(_ADDRESSES + (FIRST_PORT + number << 16 | port).to_bytes(4, "big")),
    )
