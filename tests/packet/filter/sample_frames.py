"""Frames of every kind that a filter tells apart, made by scapy, for libpcap and kbview to judge."""

import logging
from itertools import cycle, product

logging.getLogger("scapy").setLevel(logging.ERROR)

from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_Timestamp  # noqa: E402 - quiet first
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6, IPv6ExtHdrFragment  # noqa: E402
from scapy.layers.l2 import ARP, Dot1Q, Ether  # noqa: E402
from scapy.layers.sctp import SCTP  # noqa: E402
from scapy.packet import Packet, Raw  # noqa: E402

MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01")
ADDRESSES = ("10.0.0.1", "10.0.0.2", "10.1.2.3", "192.168.7.9", "224.0.0.5")
ADDRESSES_6 = ("2001:db8::1", "2001:db8::2", "fe80::7", "ff02::1")
PORTS = (22, 53, 80, 443, 8080, 40000)
VLANS = (5, 6)


def frames() -> list[bytes]:
    """Some 200 frames, always the same."""
    macs, numbers = cycle(product(MACS[:2], MACS)), cycle(product(PORTS, PORTS[::-1]))
    made: list[bytes] = []
    for network in _networks():
        for transport in _transports(*next(numbers)):
            source, destination = next(macs)
            made.append(_whole(Ether(src=source, dst=destination), network / transport))
    made += [_whole(Ether(src=MACS[0], dst=MACS[2]), ARP(psrc=a, pdst=b)) for a, b in _pairs(ADDRESSES)]
    tagged = [_tagged(frame, number % 3) for number, frame in enumerate(made[::4])]
    return [*made, *tagged, bytes(60)]


def _whole(link: Packet, rest: Packet) -> bytes:
    return bytes(link / rest).ljust(60, b"\0")


def _pairs(addresses: tuple[str, ...]) -> list[tuple[str, str]]:
    return list(zip(addresses, addresses[1:] + addresses[:1], strict=True))


def _networks() -> list[Packet]:
    networks: list[Packet] = [IP(src=a, dst=b) for a, b in _pairs(ADDRESSES)]
    networks += [IPv6(src=a, dst=b) for a, b in _pairs(ADDRESSES_6)]
    networks.append(IP(src=ADDRESSES[0], dst=ADDRESSES[1], options=[IPOption_Timestamp()]))
    networks.append(IP(src=ADDRESSES[0], dst=ADDRESSES[1], frag=100, flags="MF"))
    networks.append(IP(src=ADDRESSES[2], dst=ADDRESSES[1], frag=0, flags="MF"))
    networks.append(IPv6(src=ADDRESSES_6[0], dst=ADDRESSES_6[1]) / IPv6ExtHdrFragment(offset=0, m=1))
    return networks


def _transports(source: int, destination: int) -> list[Packet]:
    payload = Raw(b"x" * (source % 1000))
    return [
        TCP(sport=source, dport=destination, flags="S"),
        TCP(sport=destination, dport=source) / payload,
        UDP(sport=source, dport=destination) / payload,
        SCTP(sport=source, dport=destination),
        ICMP(),
        ICMPv6EchoRequest(),
    ]


def _tagged(frame: bytes, kind: int) -> bytes:
    """The frame with one VLAN tag, or two of them."""
    rest = Ether(frame).payload
    tags = Dot1Q(vlan=VLANS[kind % 2]) if kind < 2 else Dot1Q(vlan=VLANS[0]) / Dot1Q(vlan=VLANS[1])
    return bytes(Ether(src=MACS[1], dst=MACS[0]) / tags / rest).ljust(60, b"\0")
