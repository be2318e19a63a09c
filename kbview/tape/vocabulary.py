"""Vocabularies: the closed lists of words in events and meters: copies, rings, layers, drop reasons.

Every producer uses the members, so a screen that knows all members knows every tape. A word of an
older version is read as today's word (RENAMED); a word of a later version is read as OTHER.

Drop reasons are the one list that another program may extend: a newer kernel has reasons that this
version has never heard of. A field with a reason is therefore a `Reason`, which is any plain word.
"""

import re
from enum import StrEnum
from typing import Annotated, Self

import msgspec

# Vocabulary, then the word on an old tape and the member that stands for it today.
RENAMED: dict[str, dict[str, str]] = {
    "RingKind": {"xsk fill": "fill"},
    "Place": {"block ring": "block", "ring": "block", "af_xdp": "xsk"},
}


class Vocabulary(StrEnum):
    """A member of a vocabulary. Each vocabulary has a member OTHER for words of later versions."""

    __hash__ = str.__hash__  # an Enum's own is a function of Python

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        return cls(RENAMED.get(cls.__name__, {}).get(value, "other"))


class CopyKind(Vocabulary):
    """From where to where a CPU copied payload."""

    TO_USER = "to_user"  # from the kernel, or from a stream's ring, into the application's own buffer
    FROM_USER = "from_user"  # from the application's own buffer to memory that the NIC will read
    TO_RING = "to_ring"  # into a ring that kernel and application share, or into a stream's ring buffer
    TO_XDP_BUFF = "to_xdp_buff"  # veth: from the sender's sk_buff to a page with room for XDP
    TO_UMEM = "to_umem"  # from the driver's buffer into a chunk of umem
    FROM_UMEM = "from_umem"  # from a chunk of umem into an sk_buff
    TO_SEND_BUFFER = "to_send_buffer"  # from the application into a stream's send buffer
    TO_FRAME = "to_frame"  # from a stream's send buffer into a frame
    OTHER = "other"


class RingKind(Vocabulary):
    """A ring or queue of which the tape knows the level."""

    RX = "rx"  # the NIC's receive descriptors
    TX = "tx"  # the NIC's transmit descriptors
    BLOCK = "block"  # blocks of a TPACKET_V3 ring
    FILL = "fill"  # AF_XDP: free chunks, given by the application
    XSK_RX = "xsk rx"  # AF_XDP: received frames
    XSK_TX = "xsk tx"  # AF_XDP: frames to send
    COMPLETION = "completion"  # AF_XDP: chunks of sent frames
    MEMPOOL = "mempool"  # DPDK: free mbufs in the ring that all lcores share
    CACHE = "cache"  # DPDK: free mbufs of one lcore
    DPDK_RING = "dpdk ring"  # an rte_ring of a DPDK application
    EVENTS = "events"  # mTCP: from the TCP thread to the application
    JOBS = "jobs"  # mTCP: from the application to the TCP thread
    IPINTRQ = "ipintrq"  # 4.4BSD: from the interrupt handler to the soft interrupt
    SCREENQ = "screenq"  # packets that the screening process has not seen yet
    CPUMAP = "cpumap"  # frames that XDP gave to another core
    OTHER = "other"


class Place(Vocabulary):
    """The layer that delivered a packet to its receiver, or gave it up."""

    NIC = "nic"
    WIRE = "wire"  # a packet that was passed on is delivered here
    NETIF = "netif"  # the device layer: __netif_receive_skb_core()
    BACKLOG = "backlog"  # the queue of netif_rx(), one a CPU
    XDP = "xdp"
    TC = "tc"
    NETFILTER = "netfilter"
    ARP = "arp"
    IP = "ip"
    ICMP = "icmp"
    IGMP = "igmp"
    UDP = "udp"
    TCP = "tcp"
    SOCKET = "socket"
    PACKET = "packet"  # a packet socket
    BLOCK = "block"  # a packet socket's ring of blocks
    XSK = "xsk"  # an AF_XDP socket
    XSK_TX = "xsk tx"
    IPINTRQ = "ipintrq"
    SCREENQ = "screenq"
    QDISC = "qdisc"
    TX_RING = "tx ring"
    LINK = "link"  # an interface's own counter; the layer is not known
    APP = "app"
    TRACE = "trace"  # on tapes of before EndUnseen: the trace lost records, so the end was not seen
    OTHER = "other"


class DropReason(StrEnum):
    """Why a packet was given up: names of the kernel's enum skb_drop_reason, then names of our own."""

    NOT_SPECIFIED = "NOT_SPECIFIED"
    NO_SOCKET = "NO_SOCKET"
    OTHERHOST = "OTHERHOST"
    UNHANDLED_PROTO = "UNHANDLED_PROTO"
    CPU_BACKLOG = "CPU_BACKLOG"
    XDP = "XDP"
    QDISC_DROP = "QDISC_DROP"
    FULL_RING = "FULL_RING"
    NETFILTER_DROP = "NETFILTER_DROP"
    QUEUE_PURGE = "QUEUE_PURGE"
    PROTO_MEM = "PROTO_MEM"
    PACKET_SOCK_ERROR = "PACKET_SOCK_ERROR"
    IP_CSUM = "IP_CSUM"
    IP_INHDR = "IP_INHDR"
    IP_INADDRERRORS = "IP_INADDRERRORS"
    IP_LOCAL_SOURCE = "IP_LOCAL_SOURCE"
    IP_INVALID_SOURCE = "IP_INVALID_SOURCE"
    IP_LOCALNET = "IP_LOCALNET"
    IP_INVALID_DEST = "IP_INVALID_DEST"
    IP_NOPROTO = "IP_NOPROTO"
    IP_RPFILTER = "IP_RPFILTER"
    IP_INNOROUTES = "IP_INNOROUTES"
    DUP_FRAG = "DUP_FRAG"
    FRAG_REASM_TIMEOUT = "FRAG_REASM_TIMEOUT"
    FRAG_TOO_FAR = "FRAG_TOO_FAR"
    ICMP_CSUM = "ICMP_CSUM"
    UDP_CSUM = "UDP_CSUM"
    TCP_CSUM = "TCP_CSUM"
    TCP_FLAGS = "TCP_FLAGS"
    TCP_RESET = "TCP_RESET"
    TCP_CLOSE = "TCP_CLOSE"
    TCP_ZEROWINDOW = "TCP_ZEROWINDOW"
    TCP_OLD_DATA = "TCP_OLD_DATA"
    TCP_OLD_ACK = "TCP_OLD_ACK"
    TCP_TOO_OLD_ACK = "TCP_TOO_OLD_ACK"
    TCP_ACK_UNSENT_DATA = "TCP_ACK_UNSENT_DATA"
    TCP_OLD_SEQUENCE = "TCP_OLD_SEQUENCE"
    TCP_INVALID_SEQUENCE = "TCP_INVALID_SEQUENCE"
    TCP_INVALID_ACK_SEQUENCE = "TCP_INVALID_ACK_SEQUENCE"
    TCP_INVALID_SYN = "TCP_INVALID_SYN"
    TCP_OFOMERGE = "TCP_OFOMERGE"
    TCP_OFO_QUEUE_PRUNE = "TCP_OFO_QUEUE_PRUNE"
    TCP_OFO_DROP = "TCP_OFO_DROP"
    TCP_LISTEN_OVERFLOW = "TCP_LISTEN_OVERFLOW"
    TCP_ABORT_ON_DATA = "TCP_ABORT_ON_DATA"
    TIMEWAIT = "TIMEWAIT"
    SOCKET_RCVBUFF = "SOCKET_RCVBUFF"
    SOCKET_BACKLOG = "SOCKET_BACKLOG"
    SOCKET_FILTER = "SOCKET_FILTER"
    SOCKET_CLOSE = "SOCKET_CLOSE"
    # ---- no reason of the kernel's: a counter's name where the kernel only counts, else our own ------
    REASM_OVERLAPS = "REASM_OVERLAPS"  # include/uapi/linux/snmp.h
    REASMFAILS = "REASMFAILS"  # include/uapi/linux/snmp.h
    LISTENDROPS = "LISTENDROPS"  # include/uapi/linux/snmp.h
    RX_DROPPED = "rx_dropped"  # struct rtnl_link_stats64, struct xdp_statistics
    RX_RING_FULL = "rx_ring_full"  # struct xdp_statistics
    RX_INVALID_DESCS = "rx_invalid_descs"  # struct xdp_statistics
    FCS = "FCS"  # the frame check sequence is wrong: rx_crc_errors
    ADDRESS_FILTER = "ADDRESS_FILTER"  # the NIC does not listen for this MAC address
    TX_RING_FULL = "TX_RING_FULL"
    CPUMAP_RING_FULL = "CPUMAP_RING_FULL"  # the ring of a core in a cpumap: xdp_cpumap_enqueue, drops
    XDP_RING_FULL = "XDP_RING_FULL"  # the driver's transmit ring for XDP
    NO_REASSEMBLY = "NO_REASSEMBLY"  # a fragment, in a stack that puts none together
    DISCARDED = "DISCARDED"  # an application or a program was told to drop it


_PLAIN = r"^[A-Za-z0-9_]{1,64}\Z"
_PLAIN_WORD = re.compile(_PLAIN)
Reason = Annotated[str, msgspec.Meta(pattern=_PLAIN)]


def reason_of(text: str) -> Reason:
    """The reason that a kernel names so: a DropReason, or the word itself where this version has none.

    NOT_SPECIFIED if the text is no plain word.
    """
    try:
        return DropReason(text)
    except ValueError:
        return text if _PLAIN_WORD.match(text) else DropReason.NOT_SPECIFIED


def drop_key(place: Place, reason: Reason) -> str:
    """The key of `Meters.drops`: "where/REASON"."""
    return place + "/" + reason  # a third of the time of a format string
