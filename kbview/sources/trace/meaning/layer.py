"""Which layer a packet was in, by the reason for its drop or the kernel function that freed it.

The names are those that the emulator uses for the same places.
"""

# Reasons of include/net/dropreason-core.h that say it better than the function does.
_BY_REASON = {
    "SOCKET_RCVBUFF": "socket",
    "SOCKET_BACKLOG": "socket",
    "SOCKET_FILTER": "socket",
    "SOCKET_CLOSE": "socket",
    "PROTO_MEM": "socket",
    "TCP_ZEROWINDOW": "socket",
    "QUEUE_PURGE": "socket",
    "UDP_CSUM": "udp",
    "ICMP_CSUM": "icmp",
    "UNHANDLED_PROTO": "netif",
    "CPU_BACKLOG": "backlog",
    "NETFILTER_DROP": "netfilter",
    "OTHERHOST": "ip",
}
# Beginnings of names of functions, leading underscores left out; the first that fits counts.
_BY_FUNCTION = (
    ("arp_", "arp"),
    ("parp_", "arp"),
    ("icmp", "icmp"),
    ("ping_", "icmp"),
    ("igmp", "igmp"),
    ("ndisc_", "icmp"),
    ("udp", "udp"),
    ("tcp_", "tcp"),
    ("ip", "ip"),
    ("inet", "ip"),
    ("nf_", "netfilter"),
    ("sock_", "socket"),
    ("sk_", "socket"),
    ("packet_", "packet"),
    ("tpacket_", "packet"),
    ("netif_", "netif"),
    ("process_backlog", "backlog"),
    ("enqueue_to_backlog", "backlog"),
    ("unix_", ""),
)


def layer_of_function(function: str) -> str:
    """The layer of a kernel function such as "arp_process+0x341/0x9f0"; "" when it says nothing."""
    name = function.lstrip("_")
    return next((layer for start, layer in _BY_FUNCTION if name.startswith(start)), "")


def layer_of_drop(reason: str, function: str, reached: str) -> str:
    """Where a packet was dropped; `reached` is the highest layer that it was seen in."""
    if reason in _BY_REASON:
        return _BY_REASON[reason]
    for start, layer in (("TCP_", "tcp"), ("IP_", "ip"), ("IPV6", "ip"), ("XDP", "xdp"), ("TC_", "tc")):
        if reason.startswith(start):
            return layer
    return layer_of_function(function) or reached
