"""From protocol counters to the ways in which a packet ends, with the kernel's own drop reasons.

A row: where, the reason of enum skb_drop_reason, and the counters that say it.
"""

from kbview.sources.counters.reading import CounterReading
from kbview.tape.vocabulary import DropReason, Place, drop_key

DROPS: tuple[tuple[Place, DropReason, tuple[str, ...]], ...] = (
    (Place.IP, DropReason.IP_CSUM, ("IpExtInCsumErrors",)),
    (Place.IP, DropReason.IP_INHDR, ("IpInHdrErrors", "Ip6InHdrErrors")),
    (Place.IP, DropReason.IP_INADDRERRORS, ("IpInAddrErrors", "Ip6InAddrErrors")),
    (Place.IP, DropReason.IP_NOPROTO, ("IpInUnknownProtos", "Ip6InUnknownProtos")),
    (Place.UDP, DropReason.NO_SOCKET, ("UdpNoPorts", "Udp6NoPorts")),
    (Place.UDP, DropReason.UDP_CSUM, ("UdpInCsumErrors", "Udp6InCsumErrors")),
    (
        Place.SOCKET,
        DropReason.SOCKET_RCVBUFF,
        ("UdpRcvbufErrors", "Udp6RcvbufErrors", "TcpExtTCPRcvQDrop"),
    ),
    (Place.SOCKET, DropReason.SOCKET_BACKLOG, ("TcpExtTCPBacklogDrop",)),
    (Place.TCP, DropReason.TCP_CSUM, ("TcpInCsumErrors",)),
)
_IP = ("IpInReceives", "Ip6InReceives")
_TRANSPORT = ("TcpInSegs", "UdpInDatagrams", "UdpNoPorts", "UdpInErrors")
_TRANSPORT_6 = ("Udp6InDatagrams", "Udp6NoPorts", "Udp6InErrors")
_CONSUMED = ("TcpInSegs", "UdpInDatagrams", "Udp6InDatagrams", "IcmpInMsgs", "Icmp6InMsgs")


def drops(now: CounterReading, since: CounterReading) -> dict[str, int]:
    """Packets given up, by "where/REASON"; a reason that nothing was given up for is left out."""
    found = {
        drop_key(where, reason): sum(now.grown(name, since) for name in names)
        for where, reason, names in DROPS
    }
    found[drop_key(Place.BACKLOG, DropReason.CPU_BACKLOG)] = max(
        0, now.softnet.dropped - since.softnet.dropped
    )
    found[drop_key(Place.LINK, DropReason.RX_DROPPED)] = max(
        0, now.links.rx_dropped - since.links.rx_dropped
    )
    return {key: count for key, count in found.items() if count}


def passes(now: CounterReading, since: CounterReading) -> dict[str, int]:
    """How often the stack's layers were passed, by step."""
    return {
        "netif_receive_skb": max(0, now.softnet.processed - since.softnet.processed),
        "ip_rcv": sum(now.grown(name, since) for name in _IP),
        "transport_rcv": sum(now.grown(name, since) for name in (*_TRANSPORT, *_TRANSPORT_6)),
        "consumed": consumed(now, since),
    }


def consumed(now: CounterReading, since: CounterReading) -> int:
    """TCP segments taken in, UDP datagrams that an application read, ICMP messages."""
    return sum(now.grown(name, since) for name in _CONSUMED)
