"""The table: the tracepoints that are read, the fields of a record that are used, the events it tells.

The kernel records only the passes in `scope`, so only the watched interface's traffic and the watched
tasks cost anything. A tracepoint is recorded from the setting `detail` of the dial on. Tracepoints that
a meter counts by are always recorded.
"""

from enum import Enum

import msgspec

from kbview.tape import events as ev
from kbview.tape.detail import Detail


class Scope(Enum):
    """The part of a tracepoint's passes that is recorded."""

    ALL = "all"
    DEVICE = "the interface's, by its name"
    POLL = "the interface's polls, and the backlog's, which have no device"
    VECTOR = "the interface's interrupts"
    NET_RX = "the receive softirq's"
    INET = "of IPv4 and IPv6 sockets"
    MERGED = "frames that GRO keeps"
    SOFTIRQ = "in a softirq"
    AWAKE = "in a softirq, and by watched tasks"
    WATCHED = "the watched tasks'"
    SELDOM = "all, and there are few"


class Tracepoint(msgspec.Struct, frozen=True):
    """One row. Numbers of the fields in `named` have names, such as drop reasons."""

    system: str
    name: str
    fields: tuple[str, ...]
    scope: Scope = Scope.ALL
    detail: Detail = Detail.METERS
    tells: tuple[type[ev.Event], ...] = ()
    named: tuple[str, ...] = ()


_FRAME = (  # in the order of the kernel's own record, as far as there is one: no work to sort them
    "name",
    "queue_mapping",
    "skbaddr",
    "protocol",
    "len",
    "truesize",
    "mac_header_valid",
    "mac_header",
)
_SEEN = (ev.FrameArrived, ev.SkbAllocated)
_ENDED = (ev.PacketDelivered, ev.SkbFreed)
_STATE = ("skaddr", "oldstate", "newstate", "sport", "dport", "family")
_ADDRESSES = ("saddr", "daddr", "saddr_v6", "daddr_v6")
_BLOCKING = (ev.SyscallEntered, ev.ModeSwitched)

_RECEIVING = ("recvfrom", "recvmsg", "recvmmsg")
_SENDING = ("sendto", "sendmsg", "sendmmsg")
SOCKET_CALLS = (*_RECEIVING, *_SENDING, "accept4", "connect")
WAITING_CALLS = ("epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select", "pselect6")
STREAM_CALLS = ("read", "readv", "write", "writev")
READING_CALLS = (*_RECEIVING, "read", "readv")
_HAVE_FD = (*SOCKET_CALLS, *STREAM_CALLS)


def _call(name: str) -> tuple[Tracepoint, Tracepoint]:
    """A system call's two ends, of watched tasks: each other process of the machine pays nothing."""
    fields = ("fd",) if name in _HAVE_FD else ()
    return (
        Tracepoint("syscalls", f"sys_enter_{name}", fields, Scope.WATCHED, tells=_BLOCKING),
        Tracepoint(
            "syscalls",
            f"sys_exit_{name}",
            ("ret",),
            Scope.WATCHED,
            tells=(ev.ModeSwitched, *_ENDED),
        ),
    )


TRACEPOINTS: tuple[Tracepoint, ...] = (
    Tracepoint("irq", "irq_handler_entry", ("irq",), Scope.VECTOR, tells=(ev.IrqRaised,)),
    Tracepoint("irq", "irq_handler_exit", ("irq",), Scope.VECTOR),
    Tracepoint("irq", "softirq_raise", ("vec",), Scope.NET_RX, Detail.STEPS),
    Tracepoint("irq", "softirq_entry", ("vec",), Scope.NET_RX, tells=(ev.SoftirqEntered,)),
    Tracepoint("irq", "softirq_exit", ("vec",), Scope.NET_RX, tells=(ev.SoftirqExited,)),
    Tracepoint(
        "napi",
        "napi_poll",
        ("napi", "dev_name", "work", "budget"),
        Scope.POLL,
        tells=(ev.NapiPolled, ev.IrqUnmasked),
    ),
    Tracepoint("net", "netif_rx_entry", _FRAME, Scope.DEVICE, tells=_SEEN),
    Tracepoint("net", "napi_gro_receive_entry", _FRAME, Scope.DEVICE, tells=_SEEN),
    Tracepoint("net", "napi_gro_frags_entry", _FRAME, Scope.DEVICE, tells=_SEEN),
    Tracepoint("net", "napi_gro_receive_exit", ("ret",), Scope.MERGED, tells=(ev.PacketMerged,)),
    Tracepoint("net", "napi_gro_frags_exit", ("ret",), Scope.MERGED, tells=(ev.PacketMerged,)),
    Tracepoint("net", "netif_receive_skb_entry", _FRAME, Scope.DEVICE, tells=_SEEN),
    Tracepoint("net", "netif_receive_skb_list_entry", _FRAME, Scope.DEVICE, tells=_SEEN),
    Tracepoint("net", "netif_receive_skb", ("skbaddr", "len", "name"), Scope.DEVICE, tells=_SEEN),
    Tracepoint("net", "net_dev_start_xmit", ("name", "queue_mapping", "skbaddr"), Scope.DEVICE),
    Tracepoint(
        "net", "net_dev_xmit", ("skbaddr", "len", "rc", "name"), Scope.DEVICE, tells=(ev.FrameSent,)
    ),
    Tracepoint("skb", "consume_skb", ("skbaddr", "location"), Scope.SOFTIRQ, tells=_ENDED),
    Tracepoint(
        "skb",
        "kfree_skb",
        ("skbaddr", "location", "rx_sk", "reason"),
        tells=(ev.PacketDropped, ev.SkbFreed),
        named=("reason",),
    ),
    Tracepoint("skb", "skb_copy_datagram_iovec", ("skbaddr", "len"), tells=(ev.Copied,)),
    Tracepoint("sock", "sk_data_ready", ("skaddr", "protocol"), Scope.INET, tells=(ev.SocketQueued,)),
    Tracepoint(
        "sock",
        "sock_recv_length",
        ("sk", "protocol", "ret", "flags"),
        Scope.INET,
        tells=(ev.SocketDequeued, ev.Copied, *_ENDED),
    ),
    Tracepoint("sock", "sock_rcvqueue_full", ("rmem_alloc", "sk_rcvbuf")),
    Tracepoint(
        "sock",
        "inet_sock_set_state",
        (*_STATE, *_ADDRESSES),
        Scope.SELDOM,
        tells=(ev.TcpStateChanged,),
        named=("oldstate", "newstate"),
    ),
    Tracepoint(
        "tcp",
        "tcp_probe",
        ("skbaddr", "skaddr", "data_len", "sport", "daddr"),
        tells=(ev.PacketDelivered, ev.SkbFreed),
    ),
    Tracepoint(
        "tcp",
        "tcp_retransmit_skb",
        ("skaddr",),
        Scope.SELDOM,
        Detail.STEPS,
        tells=(ev.SegmentRetransmitted,),
    ),
    Tracepoint(
        "sched",
        "sched_switch",
        ("prev_comm", "prev_pid", "next_comm", "next_pid"),
        tells=(ev.ContextSwitched,),
    ),
    Tracepoint(
        "sched",
        "sched_waking",
        ("comm", "pid"),
        Scope.AWAKE,
        tells=(ev.TaskWoken, ev.KsoftirqdWoken),
    ),
    Tracepoint(
        "xdp", "xdp_exception", ("act", "ifindex"), Scope.SELDOM, tells=(ev.XdpRan,), named=("act",)
    ),
    Tracepoint("xdp", "xdp_redirect", ("act", "ifindex"), tells=(ev.XdpRan,), named=("act",)),
    *(end for name in (*SOCKET_CALLS, *WAITING_CALLS, *STREAM_CALLS) for end in _call(name)),
)
BY_NAME = {point.name: point for point in TRACEPOINTS}
