"""The layers a packet climbs, by what it is addressed to, and which of them finds which fault."""

from typing import NamedTuple

from kbview.packet.frame import Protocol


class Layer(NamedTuple):
    """A layer's name on screen and in drop reports, and the steps it costs."""

    name: str
    steps: tuple[str, ...]


NETIF = Layer("netif", ("netif_receive_skb",))
IP = Layer("ip", ("ip_rcv", "fib_lookup"))

LAYERS: dict[Protocol, tuple[Layer, ...]] = {
    Protocol.ARP: (NETIF, Layer("arp", ("arp_rcv",))),
    Protocol.ICMP: (NETIF, IP, Layer("icmp", ("icmp_rcv",))),
    Protocol.UDP: (NETIF, IP, Layer("udp", ("udp_rcv",))),
    Protocol.TCP: (NETIF, IP, Layer("tcp", ("tcp_v4_rcv",))),
    Protocol.IP: (NETIF, IP),
    Protocol.OTHER: (NETIF,),
}

_TRANSPORT_FAULTS = {"UDP_CSUM": "udp", "TCP_CSUM": "tcp", "ICMP_CSUM": "icmp"}


def layer_of_fault(fault: str) -> str:
    """The name of the layer that refuses a packet for this reason (enum skb_drop_reason)."""
    return _TRANSPORT_FAULTS.get(fault, "ip")
