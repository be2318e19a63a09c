"""The layers that a packet climbs, by protocol, and the layer that finds each fault."""

from typing import NamedTuple

from kbview.packet.frame import Protocol
from kbview.tape.vocabulary import DropReason, Place, reason_of


class ProtocolLayer(NamedTuple):
    """A layer's name on screen and in drop reports, and the steps it costs."""

    name: Place
    steps: tuple[str, ...]


NETIF = ProtocolLayer(Place.NETIF, ("netif_receive_skb",))
EARLY_DEMUX = ("tcp_v4_early_demux",)  # of TCP, within IP
IP = ProtocolLayer(Place.IP, ("ip_rcv", "ip_rcv_finish", "fib_lookup"))

LAYERS: dict[Protocol, tuple[ProtocolLayer, ...]] = {
    Protocol.ARP: (NETIF, ProtocolLayer(Place.ARP, ("arp_rcv",))),
    Protocol.ICMP: (NETIF, IP, ProtocolLayer(Place.ICMP, ("icmp_rcv",))),
    Protocol.UDP: (NETIF, IP, ProtocolLayer(Place.UDP, ("udp_rcv",))),
    Protocol.TCP: (NETIF, IP, ProtocolLayer(Place.TCP, ("tcp_v4_rcv",))),
    Protocol.IP: (NETIF, IP),
    Protocol.OTHER: (NETIF,),
}

_TRANSPORT_FAULTS: dict[str, Place] = {
    DropReason.UDP_CSUM: Place.UDP,
    DropReason.TCP_CSUM: Place.TCP,
    DropReason.ICMP_CSUM: Place.ICMP,
}
_TOO_SMALL = reason_of("PKT_TOO_SMALL")


def layer_of_fault(fault: str, protocol: Protocol) -> Place:
    """The name of the layer that refuses a packet of a protocol for this reason (enum skb_drop_reason).

    A header that is too short is found by the layer that reads it, an unknown message by icmp_rcv().
    """
    if fault == _TOO_SMALL:
        return LAYERS[protocol][-1].name
    if fault == DropReason.UNHANDLED_PROTO and protocol is Protocol.ICMP:
        return Place.ICMP
    return _TRANSPORT_FAULTS.get(fault, Place.IP)
