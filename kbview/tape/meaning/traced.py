"""Steps between two tracepoints of a real kernel: as fine as it tells, and no finer."""

from kbview.tape.event import Meaning

RESUMED = "_resumed"  # what an interrupted step is called when it goes on

_WAITS = "The task asks which of its descriptors are ready, and sleeps until one of them is."
_READS = "The task reads: the call finds what waits, copies it out, and sleeps where nothing waits."
_WRITES = "The task sends: what follows on this core, down to the device, is on its time."

TRACED: dict[str, Meaning] = {
    "protocol_stack": Meaning(
        "__netif_receive_skb_core(), ip_rcv(), udp_rcv() or tcp_v4_rcv()",
        "From the device layer to the socket: no tracepoint lies between IP and TCP or UDP.",
    ),
    "sk_data_ready": Meaning(
        "sock_def_readable(), try_to_wake_up()",
        "The packet is in the socket's queue: a reader that sleeps is made runnable.",
    ),
    "net_rx_action": Meaning(
        "net_rx_action()",
        "A poll has ended: the softirq looks whether another device waits, and ends.",
    ),
    **{
        name: Meaning(f"{name}()", _WAITS)
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
        name: Meaning(f"{name}()", _READS)
        for name in ("recvfrom", "recvmsg", "recvmmsg", "read", "readv")
    },
    **{
        name: Meaning(f"{name}()", _WRITES)
        for name in ("sendto", "sendmsg", "sendmmsg", "write", "writev")
    },
    "accept4": Meaning("accept4()", "The task takes a connection that is established and waits."),
    "connect": Meaning("connect()", "The task opens a connection, and waits for the other side."),
}


def without_break(step: str) -> str:
    """The step that went on after something more urgent; any other is itself."""
    return step.removesuffix(RESUMED)
