"""Stations and steps of the textbook path, for each application.

sink      wire NIC rx ring ║ irq ipintrq softirq IP UDP socket ║ read app
echo      the same                                             ║ read app ║ send ║ tx ring
forward   wire NIC rx ring ║ irq ipintrq softirq IP qdisc ║ tx ring
screend   wire NIC rx ring ║ irq ipintrq softirq IP screenq ║ screend ║ qdisc ║ tx ring
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from kbview.emulator.application import ApplicationSettings
from kbview.emulator.kernel.stations import APP, QDISC, READ, SEND
from kbview.emulator.keys import MOST, meaning, number
from kbview.tape.meaning.traced import RESUMED
from kbview.tape.station import STACK, Domain, Station

_SKB = ("skb_alloc", "netif_receive_skb")
IRQ = Station(
    "irq",
    Domain.KERNEL,
    "one for each packet: user mode is left, a handler acknowledges, takes a frame, and returns to it",
    ("IrqRaised", "isr", "descriptor_read", "first_touch"),
)
IPINTRQ = Station(
    "ipintrq",
    Domain.KERNEL,
    "a short queue until the soft interrupt comes; full means that the interrupt was for nothing",
    ("ipintrq_enqueue",),
)
SOFTIRQ = Station(
    "softirq",
    Domain.KERNEL,
    "later, below interrupts and above processes: user mode is left again, an sk_buff is allocated",
    ("SoftirqEntered", "netisr_dispatch", *_SKB),
)
POLL = Station(
    "poll",
    Domain.KERNEL,
    "started by the interrupt: takes packets from the ring to the end of their way, a quota a round",
    ("SoftirqEntered", "netisr_dispatch", "descriptor_read", "first_touch", *_SKB),
)
IRQ_POLL = Station(
    "irq",
    Domain.KERNEL,
    "masks itself and starts the polling program",
    ("IrqRaised", "isr"),
    function="QuotaDriver.irq_handler",
    file="kbview/emulator/datapaths/kernel_irq/quota_driver.py",
)
_, _, _, IP, TRANSPORT, SOCKET = STACK
SCREENQ = Station(
    "screenq",
    Domain.KERNEL,
    "forwarded packets wait until the screening process has seen them; full means dropped",
    ("screen_enqueue", "try_to_wake_up"),
)
SCREEND = Station(
    "screend",
    Domain.USER,
    "a process: one system call for each packet, which brings its headers and takes the last verdict",
    (
        "syscall_enter",
        "screen_ioctl",
        "copy_to_user",
        "syscall_exit",
        "context_switch",
        "screen_rules",
        "screen_rules" + RESUMED,
    ),
)
WORK = Station("app", APP.domain, APP.help, (*APP.steps, "app_work" + RESUMED))

STATIONS = (IRQ, IPINTRQ, SOFTIRQ, IP, TRANSPORT, SOCKET, READ, WORK)

STEPS = (
    "dma_write",
    "msix_delivery",
    "hardirq",  # a timer's
    "isr",
    "descriptor_read",
    "first_touch",
    "ipintrq_enqueue",
    "softirq_delivery",
    "netisr_dispatch",
    "skb_alloc",
    "netif_receive_skb",
    "arp_rcv",
    "ip_rcv",
    "line_transfer",
    "nf_conntrack_in",
    "fib_lookup",
    "fib_node",
    "icmp_rcv",
    "udp_rcv",
    "tcp_v4_rcv",
    "ip_defrag",
    "socket_enqueue",
    "try_to_wake_up",
    "idle_exit",
    "context_switch",
    "syscall_enter",
    "vfs_read",
    "socket_recv",
    "copy_to_user",
    "skb_free",
    "syscall_exit",
    "app_work",
    "screen_enqueue",
    "screen_ioctl",
    "screen_rules",
    "ip_forward",
    "socket_send",
    "sock_alloc_send_skb",
    "copy_from_user",
    "udp_send_skb",
    "ip_output",
    "dev_queue_xmit",
    "ndo_start_xmit",
    "doorbell",
    "tx_fetch",
    "tx_clean",
)


@dataclass(frozen=True, kw_only=True)
class KernelIrqSettings(ApplicationSettings):
    """Settings of the textbook path: queues of 4.2BSD, and the remedies of Mogul and Ramakrishnan."""

    ipintrq_maxlen: Annotated[
        int, number("packets in ipintrq, between the driver and IP", "packets", ge=1, le=MOST)
    ] = 50
    screend: Annotated[
        bool, meaning("whether a user process screens each packet that is forwarded")
    ] = False
    screenq_maxlen: Annotated[
        int, number("packets that wait for the screening process", "packets", ge=1, le=MOST)
    ] = 32
    irq_cure: Annotated[Literal["none", "polling"], meaning("the remedy against receive livelock")] = (
        "none"
    )
    poll_quota: Annotated[
        int,
        number(
            "packets that a polling thread takes from a device in turn; 0: no quota",
            "packets",
            ge=0,
            le=MOST,
        ),
    ] = 5
    queue_feedback: Annotated[
        bool, meaning("whether a full screening queue stops the polling of input")
    ] = False


def path(
    hardware: tuple[Station, ...], tx_ring: Station, settings: KernelIrqSettings
) -> tuple[Station, ...]:
    """The stations for these settings, between those of the hardware."""
    app = settings.app
    below = (IRQ_POLL, POLL) if settings.irq_cure == "polling" else (IRQ, IPINTRQ, SOFTIRQ)
    if app == "forward" and settings.screend:
        return (*hardware, *below, IP, SCREENQ, SCREEND, QDISC, tx_ring)
    if app == "forward":
        return (*hardware, *below, IP, QDISC, tx_ring)
    if app == "drop":
        return (*hardware, *below, *((IP,) if settings.drop_at == "input" else ()))
    up = (*hardware, *below, IP, TRANSPORT, SOCKET, READ, WORK)
    return (*up, SEND, tx_ring) if app == "echo" else up
