"""The table: which tracepoints are read, what of each record is wanted, and which events it tells.

`whose` says for whom the kernel is asked to record it, so that only the watched interface's traffic
and the watched tasks are paid for; `detail` from which setting of the dial on it is recorded. What a
meter counts is always on.
"""

from enum import Enum

import msgspec

from kbview.tape import events as ev
from kbview.tape.detail import Detail


class Whose(Enum):
    """The part of a tracepoint's passes that is recorded."""

    ALL = "all"
    DEVICE = "the interface's, by its name"
    POLL = "the interface's polls, and the backlog's, which have no device"
    VECTOR = "the interface's interrupts"
    NET_RX = "the receive softirq's"
    INET = "those of IPv4 and IPv6 sockets"
    MERGED = "frames that GRO keeps"
    SOFTIRQ = "those in a softirq"
    AWAKE = "those in a softirq, and by watched tasks"
    OTHERS = "every task's but our own"
    WATCHED = "the watched tasks'"
    SELDOM = "all, and there are few"


class Tracepoint(msgspec.Struct, frozen=True):
    """One row. `named` are those of `fields` whose numbers have names, such as drop reasons."""

    system: str
    name: str
    fields: tuple[str, ...]
    whose: Whose = Whose.ALL
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
_HAVE_FD = (*SOCKET_CALLS, *STREAM_CALLS)


def _call(name: str) -> tuple[Tracepoint, Tracepoint]:
    """A system call's two ends. Reads and writes are of files, too: only those of watched tasks."""
    whose = Whose.WATCHED if name in STREAM_CALLS else Whose.OTHERS
    fields = ("fd",) if name in _HAVE_FD else ()
    return (
        Tracepoint("syscalls", f"sys_enter_{name}", fields, whose, tells=_BLOCKING),
        Tracepoint("syscalls", f"sys_exit_{name}", ("ret",), whose, tells=(ev.ModeSwitched, *_ENDED)),
    )


TRACEPOINTS: tuple[Tracepoint, ...] = (
    Tracepoint("irq", "irq_handler_entry", ("irq",), Whose.VECTOR, tells=(ev.IrqRaised,)),
    Tracepoint("irq", "irq_handler_exit", ("irq",), Whose.VECTOR),
    Tracepoint("irq", "softirq_raise", ("vec",), Whose.NET_RX, Detail.STEPS),
    Tracepoint("irq", "softirq_entry", ("vec",), Whose.NET_RX, tells=(ev.SoftirqEntered,)),
    Tracepoint("irq", "softirq_exit", ("vec",), Whose.NET_RX, tells=(ev.SoftirqExited,)),
    Tracepoint(
        "napi",
        "napi_poll",
        ("napi", "dev_name", "work", "budget"),
        Whose.POLL,
        tells=(ev.NapiPolled, ev.IrqUnmasked),
    ),
    Tracepoint("net", "netif_rx_entry", _FRAME, Whose.DEVICE, tells=_SEEN),
    Tracepoint("net", "napi_gro_receive_entry", _FRAME, Whose.DEVICE, tells=_SEEN),
    Tracepoint("net", "napi_gro_frags_entry", _FRAME, Whose.DEVICE, tells=_SEEN),
    Tracepoint("net", "napi_gro_receive_exit", ("ret",), Whose.MERGED, tells=(ev.PacketMerged,)),
    Tracepoint("net", "napi_gro_frags_exit", ("ret",), Whose.MERGED, tells=(ev.PacketMerged,)),
    Tracepoint("net", "netif_receive_skb_entry", _FRAME, Whose.DEVICE, tells=_SEEN),
    Tracepoint("net", "netif_receive_skb_list_entry", _FRAME, Whose.DEVICE, tells=_SEEN),
    Tracepoint("net", "netif_receive_skb", ("skbaddr", "len", "name"), Whose.DEVICE, tells=_SEEN),
    Tracepoint("net", "net_dev_start_xmit", ("name", "queue_mapping", "skbaddr"), Whose.DEVICE),
    Tracepoint(
        "net", "net_dev_xmit", ("skbaddr", "len", "rc", "name"), Whose.DEVICE, tells=(ev.FrameSent,)
    ),
    Tracepoint("skb", "consume_skb", ("skbaddr", "location"), Whose.SOFTIRQ, tells=_ENDED),
    Tracepoint(
        "skb",
        "kfree_skb",
        ("skbaddr", "location", "rx_sk", "reason"),
        tells=(ev.PacketDropped, ev.SkbFreed),
        named=("reason",),
    ),
    Tracepoint("skb", "skb_copy_datagram_iovec", ("skbaddr", "len"), tells=(ev.Copied,)),
    Tracepoint("sock", "sk_data_ready", ("skaddr", "protocol"), Whose.INET, tells=(ev.SocketQueued,)),
    Tracepoint(
        "sock",
        "sock_recv_length",
        ("sk", "protocol", "ret", "flags"),
        Whose.INET,
        tells=(ev.SocketDequeued, ev.Copied, *_ENDED),
    ),
    Tracepoint("sock", "sock_rcvqueue_full", ("rmem_alloc", "sk_rcvbuf")),
    Tracepoint(
        "sock",
        "inet_sock_set_state",
        (*_STATE, *_ADDRESSES),
        Whose.SELDOM,
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
        Whose.SELDOM,
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
        Whose.AWAKE,
        tells=(ev.TaskWoken, ev.KsoftirqdWoken),
    ),
    Tracepoint(
        "xdp", "xdp_exception", ("act", "ifindex"), Whose.SELDOM, tells=(ev.XdpRan,), named=("act",)
    ),
    Tracepoint("xdp", "xdp_redirect", ("act", "ifindex"), tells=(ev.XdpRan,), named=("act",)),
    *(end for name in (*SOCKET_CALLS, *WAITING_CALLS, *STREAM_CALLS) for end in _call(name)),
)
BY_NAME = {point.name: point for point in TRACEPOINTS}
