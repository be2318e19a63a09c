"""The kernel's stations on the way of a packet, for each application.

sink      wire NIC rx ring ║ irq softirq skb IP TCP/UDP socket ║ read app
echo      the same                                             ║ read app ║ send ║ tx ring
forward   wire NIC rx ring ║ irq softirq skb IP qdisc ║ tx ring
generate  wire NIC rx ring ║ irq softirq ║ app ║ send ║ tx ring      pktgen: both in one
drop      up to the layer that drops: XDP, skb (raw) or IP (input)
"""

import msgspec

from kbview.emulator.application import ApplicationSettings
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
        "udp_gro_cmsg",
        "skb_frag_unref",
        "skb_free",
        "syscall_exit",
        "context_switch",
    ),
)
APP = Station("app", Domain.USER, "the application's own work", ("app_work",))
SINK = (*STACK, READ, APP)
_OUT = ("ip_output", "dev_queue_xmit", "ndo_start_xmit", "doorbell", "tx_clean")
SEND = Station(
    "send",
    Domain.KERNEL,
    "copy into a new sk_buff, UDP or TCP, IP, queueing discipline, driver; TCP's ACKs begin here",
    (
        "socket_send",
        "tcp_sendmsg",
        "sock_alloc_send_skb",
        "copy_from_user",
        "udp_send_skb",
        "tcp_transmit_skb",
        *_OUT,
    ),
)
QDISC = Station(
    "qdisc",
    Domain.KERNEL,
    "IP's output, the queueing discipline and the driver; a full ring makes frames wait here",
    (*_OUT, "skb_free"),
)
SEND_ALONE = msgspec.structs.replace(SEND, steps=(*SEND.steps, "skb_free"))  # nothing is read
PKTGEN = Station(
    "pktgen",
    Domain.KERNEL,
    "a kernel thread hands the driver one sk_buff again and again: no call, no copy, no stack",
    ("sock_alloc_send_skb", "pktgen_fill", "pktgen_xmit", "ndo_start_xmit", "doorbell", "tx_clean"),
)
XDP = Station(
    "XDP",
    Domain.KERNEL,
    "a program in the driver decides about the frame before there is an sk_buff",
    (
        "descriptor_read",
        "first_touch",
        "xdp_program",
        "bpf_fib_lookup",
        "fib_node",
        "xdp_redirect",
        "xdp_tx",
        "XdpRan",
    ),
)
XDP_OUT = Station(
    "XDP out",
    Domain.KERNEL,
    "the driver's own ring for XDP: no sk_buff, no queueing discipline, one doorbell for many frames",
    ("xdp_xmit", "xdp_tx_clean", "xdp_return_frame", "ndo_start_xmit", "doorbell", "tx_clean"),
)
_TOP = {"raw": "skb", "input": "IP", "reject": "IP"}  # the last station where a rule drops


def path(
    hardware: tuple[Station, ...],
    tx_ring: Station,
    settings: ApplicationSettings,
    *,
    xdp_generic: bool,
) -> tuple[Station, ...]:
    """The stations for an application, between those of the hardware."""
    before_xdp = _up_to("skb" if xdp_generic else "softirq")
    if settings.app == "generate":  # interrupts are of what was sent
        senders = (PKTGEN,) if settings.generator == "pktgen" else (APP, SEND_ALONE)
        return (*hardware, *_up_to("softirq"), *senders, tx_ring)
    if settings.app in ("echo", "http"):
        return (*hardware, *SINK, SEND, tx_ring)
    if settings.app == "forward" and settings.forward_at != "ip":
        return (*hardware, *before_xdp, XDP, XDP_OUT, tx_ring)
    if settings.app == "forward":
        return (*hardware, *_up_to("IP"), QDISC, tx_ring)
    if settings.app == "drop":
        known = settings.drop_at in _TOP
        return (*hardware, *(_up_to(_TOP[settings.drop_at]) if known else (*before_xdp, XDP)))
    return (*hardware, *SINK)


def _up_to(name: str) -> tuple[Station, ...]:
    names = [station.name for station in STACK]
    return STACK[: names.index(name) + 1]
