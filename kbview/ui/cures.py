"""Cures of drops: the setting or the act that ends each reason, by the kernel's names.

Linux: Documentation/networking/scaling.rst, Documentation/admin-guide/sysctl/net.rst,
Documentation/networking/ip-sysctl.rst, socket(7), udp(7), tcp(7), ethtool(8).
"""

from kbview.tape.vocabulary import DropReason as Why
from kbview.tape.vocabulary import Reason

MISSED = "missed"
_CHECKSUM = "the sender or the path breaks frames: ethtool -S, cable, offload of a virtual NIC"
_MALFORMED = "the sender builds wrong headers: look at one packet of it (4)"
_RULE = "a rule says so: nft list ruleset, iptables -L -v"
_ROUTE = "the route or the sender's address: ip route get ADDRESS"
_OLD = "sent twice: the acknowledgement came late or was lost; no text is lost"
_ORDER = "sysctl net.ipv4.tcp_rmem: segments out of order need room, too"

CURES: dict[str, str] = {
    MISSED: "ethtool -G IFACE rx N; more queues and cores; sysctl net.core.netdev_budget",
    Why.SOCKET_RCVBUFF: "read faster, or SO_RCVBUF with sysctl net.core.rmem_max",
    Why.PROTO_MEM: "TCP: read faster, or net.ipv4.tcp_rmem; all sockets together: udp_mem, tcp_mem",
    Why.SOCKET_BACKLOG: "the reader holds the socket's lock: shorter calls, or SO_RCVBUF",
    Why.SOCKET_FILTER: "the application's own filter refuses it: SO_ATTACH_FILTER",
    Why.SOCKET_CLOSE: "the socket was closed while packets came",
    Why.QUEUE_PURGE: "the socket was closed with packets unread",
    Why.NO_SOCKET: "no socket takes this port: start the service, or stop the sender; ss -lun, ss -ltn",
    Why.CPU_BACKLOG: "sysctl net.core.netdev_max_backlog; spread the packets over cores by RSS or RPS",
    Why.NETFILTER_DROP: _RULE,
    Why.XDP: "an XDP program drops it: bpftool net",
    Why.QDISC_DROP: "tc -s qdisc; a longer txqueuelen, or a slower sender",
    Why.FULL_RING: "the receiver of a ring is slower than its sender",
    Why.PACKET_SOCK_ERROR: "a packet socket's ring is full: a larger --ring, or a faster reader",
    Why.UNHANDLED_PROTO: "no handler for this ethertype, ICMP type or IPv6 option: look at one (4)",
    Why.OTHERHOST: "for another MAC address: the switch floods, or the link is promiscuous",
    Why.IP_CSUM: _CHECKSUM,
    Why.UDP_CSUM: _CHECKSUM,
    Why.TCP_CSUM: _CHECKSUM,
    Why.ICMP_CSUM: _CHECKSUM,
    Why.FCS: _CHECKSUM,
    Why.IP_INHDR: _MALFORMED,
    Why.TCP_FLAGS: _MALFORMED,
    Why.IP_INADDRERRORS: _ROUTE,
    Why.IP_INNOROUTES: _ROUTE,
    Why.IP_RPFILTER: "sysctl net.ipv4.conf.IFACE.rp_filter=2, or a route back to the sender",
    Why.IP_LOCAL_SOURCE: "the sender uses this host's address; sysctl accept_local",
    Why.IP_INVALID_SOURCE: "the sender's address is a multicast or reserved one",
    Why.IP_NOPROTO: "no handler for this protocol number: load the kernel module of the protocol",
    Why.FRAG_REASM_TIMEOUT: "a fragment is missing: path MTU; sysctl ipfrag_time, ip6frag_time",
    Why.TCP_LISTEN_OVERFLOW: "accept faster, or listen(backlog) with sysctl net.core.somaxconn",
    Why.LISTENDROPS: "accept faster, or listen(backlog) with sysctl net.core.somaxconn",
    Why.TCP_ZEROWINDOW: "read faster: the window is closed; sysctl net.ipv4.tcp_rmem",
    Why.TCP_OLD_DATA: _OLD,
    Why.TCP_OLD_ACK: _OLD,
    Why.TCP_OLD_SEQUENCE: _OLD,
    Why.TCP_OFOMERGE: _OLD,
    Why.TCP_OFO_QUEUE_PRUNE: _ORDER,
    Why.TCP_OFO_DROP: _ORDER,
    Why.TCP_CLOSE: "for a connection that is closed",
    Why.TCP_RESET: "the peer resets the connection",
    Why.TCP_ABORT_ON_DATA: "closed with text unread: read to the end before close()",
    Why.NO_REASSEMBLY: "this stack puts no fragments together: smaller datagrams",
    Why.ADDRESS_FILTER: "for another MAC address: the switch floods",
    Why.TX_RING_FULL: "ethtool -G IFACE tx N, or a slower sender",
    Why.XDP_RING_FULL: "ethtool -G IFACE tx N, or a slower sender",
    Why.RX_RING_FULL: "a larger ring of the AF_XDP socket, or a faster reader",
    Why.RX_DROPPED: "the link's own counter, the reason is not told: ethtool -S IFACE",
    Why.DISCARDED: "an application or a program was told to drop it",
}
UNKNOWN = "the kernel gives no reason: trace:IFACE names the function"


def cure_of(reason: Reason) -> str:
    """The setting or act against a reason; a sentence where none is known."""
    return CURES.get(reason, UNKNOWN)
