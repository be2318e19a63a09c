"""The kernel's stations on the way of a packet, for each application.

sink      wire NIC rx ring ║ irq softirq skb IP TCP/UDP socket read ║ app
echo      the same                                                  ║ app ║ send ║ tx ring
forward   wire NIC rx ring ║ irq softirq skb IP qdisc ║ tx ring
generate  wire NIC rx ring ║ irq softirq ║ app ║ send ║ tx ring      pktgen: both in one
drop      up to the layer that drops: XDP, or IP (raw, input, reject)
"""

from kbview.emulator.application import ApplicationSettings
from kbview.tape.station import STACK, Domain, Station

READ = Station(
    "read",
    Domain.KERNEL,
    "system calls: into the kernel, copy to the application's buffer, and back; accept(), close()",
)
APP = Station("app", Domain.USER, "the application's own work")
SINK = (*STACK, READ, APP)
SEND = Station(
    "send",
    Domain.KERNEL,
    "copy into a new sk_buff, UDP or TCP, IP, queueing discipline, driver; TCP's ACKs begin here",
)
QDISC = Station(
    "qdisc",
    Domain.KERNEL,
    "IP's output, the queueing discipline and the driver; a full ring makes frames wait here",
)
PKTGEN = Station(
    "pktgen",
    Domain.KERNEL,
    "a kernel thread hands the driver one sk_buff again and again: no call, no copy, no stack",
)
XDP = Station(
    "XDP",
    Domain.KERNEL,
    "a program in the driver decides about the frame before there is an sk_buff",
)
GENERIC_XDP = Station(
    "generic XDP", Domain.KERNEL, "a program decides about the frame after the sk_buff was built"
)
XDP_OUT = Station(
    "XDP out",
    Domain.KERNEL,
    "the driver's own ring for XDP: no sk_buff, no queueing discipline, one doorbell for many frames",
)
CPUMAP = Station(
    "cpumap",
    Domain.KERNEL,
    "a ring to another core, whose thread builds the sk_buffs and runs the stack; full means a drop",
)
_TOP = {"raw": "IP", "input": "IP", "reject": "IP"}  # the last station where a rule drops


def path(
    hardware: tuple[Station, ...],
    tx_ring: Station,
    settings: ApplicationSettings,
    *,
    xdp_generic: bool,
    answers: bool,
) -> tuple[Station, ...]:
    """The stations for an application, between those of the hardware.

    `answers`: TCP at the other end is acknowledged, so the host sends whatever the application does.
    """
    xdp = (*_up_to("skb"), GENERIC_XDP) if xdp_generic else (*_up_to("softirq"), XDP)
    if settings.app == "generate":  # interrupts are of what was sent
        senders = (PKTGEN,) if settings.generator == "pktgen" else (APP, SEND)
        return (*hardware, *_up_to("softirq"), *senders, tx_ring)
    if answers or settings.app in ("echo", "http"):
        return (*hardware, *SINK, SEND, tx_ring)
    if settings.app == "forward" and settings.forward_at != "ip":
        return (*hardware, *xdp, XDP_OUT, tx_ring)
    if settings.app == "forward":
        return (*hardware, *_up_to("IP"), QDISC, tx_ring)
    if settings.app == "drop":
        known = settings.drop_at in _TOP
        return (*hardware, *(_up_to(_TOP[settings.drop_at]) if known else xdp))
    return (*hardware, *SINK)


def past_program(stations: tuple[Station, ...], *, cpumap: bool) -> tuple[Station, ...]:
    """The stations with an XDP program behind the softirq, and with a cpumap if there is one."""
    names = [station.name for station in stations]
    end = names.index("softirq") + 1
    return (*stations[:end], XDP, *((CPUMAP,) if cpumap else ()), *stations[end:])


def _up_to(name: str) -> tuple[Station, ...]:
    names = [station.name for station in STACK]
    return STACK[: names.index(name) + 1]
