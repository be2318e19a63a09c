"""Steps between two tracepoints of a real kernel: as fine as it tells, and no finer."""

from kbview.tape.steps.declaration import Declaration

_WAITS = "The task asks which of its descriptors are ready, and sleeps until a descriptor is."
_READS = "The task reads: the call copies waiting data out, and sleeps where no data waits."
_WRITES = "The task sends: the work that follows on this core, down to the device, is on its time."

TRACED: dict[str, Declaration] = {
    "protocol_stack": Declaration(
        "__netif_receive_skb_core(), ip_rcv(), udp_rcv() or tcp_v4_rcv()",
        "From the device layer to the socket: no tracepoint lies between IP and TCP or UDP.",
        ("stack",),
    ),
    "sk_data_ready": Declaration(
        "sock_def_readable(), try_to_wake_up()",
        "The packet is in the socket's queue: a reader that sleeps is made runnable.",
        ("socket",),
    ),
    "net_rx_action": Declaration(
        "net_rx_action()",
        "A poll has ended: the softirq looks whether another device waits, and ends.",
        ("softirq",),
    ),
    **{
        name: Declaration(f"{name}()", _WAITS, ("read",), passes=False)
        for name in (
            "epoll_pwait",
            "epoll_pwait2",
            "poll",
            "ppoll",
            "select",
            "pselect6",
        )
    },
    **{
        name: Declaration(f"{name}()", _READS, ("read",))
        for name in ("recvfrom", "recvmsg", "recvmmsg", "read", "readv")
    },
    **{
        name: Declaration(f"{name}()", _WRITES, ("read",))
        for name in ("sendto", "sendmsg", "sendmmsg", "write", "writev")
    },
    "accept4": Declaration(
        "accept4()",
        "The task takes a connection that is established and waits.",
        ("read",),
    ),
    "connect": Declaration(
        "connect()",
        "The task opens a connection, and waits for the other side.",
        ("read",),
    ),
}
