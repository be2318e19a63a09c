"""The kernel's places on the way of a packet, for each thing that can be done with it.

sink      wire NIC rx ring ║ irq softirq skb IP TCP/UDP socket ║ read app
echo      the same                                             ║ read app ║ send ║ tx ring
forward   wire NIC rx ring ║ irq softirq skb IP qdisc ║ tx ring
drop      up to the layer that drops: XDP, skb (raw) or IP (input)
"""

from kbview.tape.station import STACK, Domain, Station

READ = Station(
    "read",
    Domain.USER,
    "a system call: into the kernel, copy to the application's buffer, and back",
    (
        "syscall_enter",
        "epoll_wait",
        "busy_loop",
        "SocketDequeued",
        "vfs_read",
        "msghdr_copy",
        "mmsghdr_next",
        "socket_recv",
        "copy_to_user",
        "syscall_exit",
        "context_switch",
    ),
)
APP = Station("app", Domain.USER, "the application's own work", ("app_work",))
_OUT = ("ip_output", "dev_queue_xmit", "ndo_start_xmit", "doorbell", "tx_clean")
SEND = Station(
    "send",
    Domain.KERNEL,
    "a system call: copy into a new sk_buff, UDP, IP, queueing discipline, driver",
    ("socket_send", "copy_from_user", *_OUT),
)
QDISC = Station(
    "qdisc",
    Domain.KERNEL,
    "IP's output, the queueing discipline and the driver; a full ring makes frames wait here",
    _OUT,
)
XDP = Station(
    "XDP",
    Domain.KERNEL,
    "a program in the driver decides about the frame before there is an sk_buff",
    ("descriptor_read", "first_touch", "xdp_program", "XdpRan"),
)
_TOP = {"raw": "skb", "input": "IP"}  # the last station where a rule drops


def path(
    hardware: tuple[Station, ...], tx_ring: Station, app: str, drop_at: str
) -> tuple[Station, ...]:
    """The stations for an application, between those of the hardware."""
    if app == "echo":
        return (*hardware, *STACK, READ, APP, SEND, tx_ring)
    if app == "forward":
        return (*hardware, *_up_to("IP"), QDISC, tx_ring)
    if app == "drop":
        top = (*_up_to("softirq"), XDP) if drop_at not in _TOP else _up_to(_TOP[drop_at])
        return (*hardware, *top)
    return (*hardware, *STACK, READ, APP)


def _up_to(name: str) -> tuple[Station, ...]:
    names = [station.name for station in STACK]
    return STACK[: names.index(name) + 1]
