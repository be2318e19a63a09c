"""Which layer a packet was in, by the reason for its drop or the kernel function that freed it.

The emulator uses the same names for the same places.
"""

from kbview.tape.vocabulary import DropReason, Place

# Reasons of include/net/dropreason-core.h that say it better than the function does.
_BY_REASON: dict[str, Place] = {
    DropReason.SOCKET_RCVBUFF: Place.SOCKET,
    DropReason.SOCKET_BACKLOG: Place.SOCKET,
    DropReason.SOCKET_FILTER: Place.SOCKET,
    DropReason.SOCKET_CLOSE: Place.SOCKET,
    DropReason.PROTO_MEM: Place.SOCKET,
    DropReason.TCP_ZEROWINDOW: Place.SOCKET,
    DropReason.QUEUE_PURGE: Place.SOCKET,
    DropReason.UDP_CSUM: Place.UDP,
    DropReason.ICMP_CSUM: Place.ICMP,
    DropReason.CPU_BACKLOG: Place.BACKLOG,
    DropReason.NETFILTER_DROP: Place.NETFILTER,
    DropReason.OTHERHOST: Place.IP,
}
_BY_BEGINNING = (
    ("TCP_", Place.TCP),
    ("IP_", Place.IP),
    ("IPV6", Place.IP),
    ("XDP", Place.XDP),
    ("TC_", Place.TC),
)
# Beginnings of names of functions, leading underscores left out; the first that fits counts.
_BY_FUNCTION = (
    ("do_xdp_", Place.XDP),  # do_xdp_generic()
    ("netif_receive_generic_xdp", Place.XDP),  # it frees by itself where do_xdp_generic() is inlined
    ("veth_xdp_", Place.XDP),  # veth_xdp_rcv_skb(): sk_buffs that a program of the driver's drops
    ("arp_", Place.ARP),
    ("parp_", Place.ARP),
    ("icmpv6_param_prob", Place.IP),  # ip6_tlvopt_unknown(): an option that may not be skipped
    ("icmp", Place.ICMP),
    ("ping_", Place.ICMP),
    ("igmp", Place.IGMP),
    ("ndisc_", Place.ICMP),
    ("udp", Place.UDP),
    ("tcp_", Place.TCP),
    ("ip", Place.IP),
    ("inet", Place.IP),
    ("nf_", Place.NETFILTER),
    ("sock_", Place.SOCKET),
    ("sk_", Place.SOCKET),
    ("packet_", Place.PACKET),
    ("tpacket_", Place.PACKET),
    ("netif_", Place.NETIF),
    ("process_backlog", Place.BACKLOG),
    ("enqueue_to_backlog", Place.BACKLOG),
)


def layer_of_function(function: str) -> Place | None:
    """The layer of a kernel function such as "arp_process+0x341/0x9f0"; None when it says nothing."""
    name = function.lstrip("_")
    return next((layer for start, layer in _BY_FUNCTION if name.startswith(start)), None)


def layer_of_drop(reason: str, function: str, reached: Place) -> Place:
    """Where a packet was dropped; `reached` is the highest layer that it was seen in."""
    if reason in _BY_REASON:
        return _BY_REASON[reason]
    for start, layer in _BY_BEGINNING:
        if reason.startswith(start):
            return layer
    return layer_of_function(function) or reached
