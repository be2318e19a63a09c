"""From protocol counters to the ways in which a packet ends, with the kernel's own drop reasons.

A row: where, the reason of enum skb_drop_reason, and the counters that say it.
"""

from kbview.sources.counters.reading import CounterReading
from kbview.tape.vocabulary import DropReason, Place, Reason, drop_key, reason_of

# TCP: the receive buffer is full, and pruning (TcpExtRcvPruned) made no room; reason PROTO_MEM.
_PRUNED = ("TcpExtTCPRcvQDrop", "TcpExtTCPOFODrop")
DROPS: tuple[tuple[Place, Reason, tuple[str, ...]], ...] = (
    (Place.IP, DropReason.IP_CSUM, ("IpExtInCsumErrors",)),
    (Place.IP, DropReason.IP_INHDR, ("IpInHdrErrors", "Ip6InHdrErrors")),
    (Place.IP, DropReason.IP_INADDRERRORS, ("IpInAddrErrors", "Ip6InAddrErrors")),
    (Place.IP, DropReason.IP_RPFILTER, ("TcpExtIPReversePathFilter",)),
    (Place.IP, DropReason.IP_INNOROUTES, ("IpExtInNoRoutes", "Ip6InNoRoutes")),
    (Place.IP, DropReason.IP_NOPROTO, ("IpInUnknownProtos", "Ip6InUnknownProtos")),
    (Place.IP, reason_of("PKT_TOO_SMALL"), ("IpExtInTruncatedPkts", "Ip6InTruncatedPkts")),
    (Place.ICMP, DropReason.ICMP_CSUM, ("IcmpInCsumErrors", "Icmp6InCsumErrors")),
    (Place.UDP, DropReason.NO_SOCKET, ("UdpNoPorts", "Udp6NoPorts")),
    (Place.UDP, DropReason.UDP_CSUM, ("UdpInCsumErrors", "Udp6InCsumErrors")),
    (Place.SOCKET, DropReason.SOCKET_RCVBUFF, ("UdpRcvbufErrors", "Udp6RcvbufErrors")),
    (Place.SOCKET, DropReason.PROTO_MEM, ("UdpMemErrors", "Udp6MemErrors", *_PRUNED)),
    (Place.SOCKET, DropReason.SOCKET_BACKLOG, ("TcpExtTCPBacklogDrop",)),
    (Place.TCP, DropReason.TCP_CSUM, ("TcpInCsumErrors",)),
    (Place.TCP, DropReason.TCP_ZEROWINDOW, ("TcpExtTCPZeroWindowDrop",)),
    (Place.TCP, DropReason.TCP_LISTEN_OVERFLOW, ("TcpExtListenOverflows",)),
    (Place.TCP, DropReason.LISTENDROPS, ("TcpExtListenDrops",)),
    (Place.UDP, DropReason.NOT_SPECIFIED, ("UdpInErrors", "Udp6InErrors")),
    (Place.TCP, DropReason.NOT_SPECIFIED, ("TcpInErrs",)),
)
# Rows of which other rows have a part: ip_rcv_core() counts a bad checksum as a bad header, too, and
# tcp_listendrop() an overflow of the accept queue. UDP counts each error in InErrors as well, and
# TCP a bad checksum in InErrs. The rest is too short, or refused by a socket filter.
_COUNTED_AGAIN: dict[tuple[Place, Reason], tuple[str, ...]] = {
    (Place.IP, DropReason.IP_INHDR): ("IpExtInCsumErrors",),
    (Place.TCP, DropReason.LISTENDROPS): ("TcpExtListenOverflows",),
    (Place.UDP, DropReason.NOT_SPECIFIED): (
        "UdpInCsumErrors",
        "UdpRcvbufErrors",
        "UdpMemErrors",
        "Udp6InCsumErrors",
        "Udp6RcvbufErrors",
        "Udp6MemErrors",
    ),
    (Place.TCP, DropReason.NOT_SPECIFIED): ("TcpInCsumErrors",),
}
# Dropped packets that a counter of _CONSUMED has counted: tcp_v4_rcv() counts before it checks.
_NOT_CONSUMED = (
    "TcpInErrs",
    "TcpExtTCPBacklogDrop",
    "TcpExtTCPZeroWindowDrop",
    "TcpExtListenDrops",
    *_PRUNED,
    "IcmpInCsumErrors",
    "Icmp6InCsumErrors",
)
# The ends of a datagram that IPv4 received, behind its reassembly.
_IP_ENDS = (
    "IpInDelivers",
    "IpInHdrErrors",
    "IpInAddrErrors",
    "IpInUnknownProtos",
    "IpInDiscards",
    "IpForwDatagrams",
    "IpExtInNoRoutes",
    "IpExtInTruncatedPkts",
    "TcpExtIPReversePathFilter",
)
_TOO_BIG = drop_key(Place.IP, reason_of("PKT_TOO_BIG"))
_IP = ("IpInReceives", "Ip6InReceives")
_TRANSPORT = ("TcpInSegs", "UdpInDatagrams", "UdpNoPorts", "UdpInErrors")
_TRANSPORT_6 = ("Udp6InDatagrams", "Udp6NoPorts", "Udp6InErrors")
_CONSUMED = ("TcpInSegs", "UdpInDatagrams", "Udp6InDatagrams", "IcmpInMsgs", "Icmp6InMsgs")


def drops(now: CounterReading, since: CounterReading) -> dict[str, int]:
    """Packets given up, by "where/REASON"; a reason that nothing was given up for is left out.

    A packet that two counters count is given here once.
    """
    found = {
        drop_key(where, reason): _once(names, _COUNTED_AGAIN.get((where, reason), ()), now, since)
        for where, reason, names in DROPS
    }
    found[_TOO_BIG] = _too_big(now, since) + now.grown("Ip6InTooBigErrors", since)
    found |= _at_links(now, since)
    found[drop_key(Place.XDP, DropReason.XDP)] = now.dropped_by_xdp(since)
    return {key: count for key, count in found.items() if count}


def _once(
    names: tuple[str, ...], again: tuple[str, ...], now: CounterReading, since: CounterReading
) -> int:
    counted = sum(now.grown(name, since) for name in names)
    return max(0, counted - sum(now.grown(name, since) for name in again))


def _at_links(now: CounterReading, since: CounterReading) -> dict[str, int]:
    """Drops below IP: enqueue_to_backlog() counts a drop for its core and for its link.

    The cores' counters are of all network namespaces, the links' of this one: the links' are right.
    """
    links = max(0, now.links.rx_dropped - since.links.rx_dropped)
    backlog = min(links, max(0, now.softnet.dropped - since.softnet.dropped))
    return {
        drop_key(Place.BACKLOG, DropReason.CPU_BACKLOG): backlog,
        drop_key(Place.LINK, DropReason.RX_DROPPED): links - backlog,
        drop_key(Place.IP, DropReason.OTHERHOST): max(
            0, now.links.rx_otherhost - since.links.rx_otherhost
        ),
    }


def unexplained(now: CounterReading, since: CounterReading) -> int:
    """IPv4 datagrams that came to none of the counted ends: netfilter drops them without a counter.

    A martian source and a multicast group without a member are among them. A datagram that was under
    way in one of the readings makes the number wrong by one for that reading.
    """
    return max(0, _without_end(now, since) - _too_big(now, since))


def _too_big(now: CounterReading, since: CounterReading) -> int:
    """Received IPv4 datagrams that were not to be cut up, and too long for the link behind us.

    IpFragFails counts datagrams of this host's own, too: these were not received. ip_forward() of Linux
    6.18 has counted the datagram as forwarded by then, older kernels have not.
    """
    forwarded = now.grown("IpForwDatagrams", since) + _without_end(now, since)
    return min(now.grown("IpFragFails", since), forwarded)


def _without_end(now: CounterReading, since: CounterReading) -> int:
    fragments = now.grown("IpReasmReqds", since) - now.grown("IpReasmOKs", since)
    ended = sum(now.grown(name, since) for name in _IP_ENDS) + fragments
    return max(0, now.grown("IpInReceives", since) - ended)


def unsent(now: CounterReading, since: CounterReading) -> int:
    """Packets of this host that a driver dropped, and a qdisc as far as the kernel tells it."""
    links = max(0, now.links.tx_dropped - since.links.tx_dropped)
    return links + (now.dropped_by_qdiscs(since) or 0)


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
    taken = sum(now.grown(name, since) for name in _CONSUMED)
    return max(0, taken - sum(now.grown(name, since) for name in _NOT_CONSUMED))
