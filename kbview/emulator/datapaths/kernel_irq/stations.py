"""Stations of the textbook path, for each application.

sink      wire NIC rx ring ║ irq ipintrq softirq IP UDP socket read ║ app
echo      the same                                                  ║ app ║ send ║ tx ring
forward   wire NIC rx ring ║ irq ipintrq softirq IP qdisc ║ tx ring
screend   wire NIC rx ring ║ irq ipintrq softirq IP screenq ioctl ║ screend ║ qdisc ║ tx ring
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from kbview.emulator.application import ApplicationSettings
from kbview.emulator.kernel.stations import APP, QDISC, READ, SEND
from kbview.emulator.keys import MOST, meaning, number
from kbview.tape.station import STACK, Domain, Station

IRQ = Station(
    "irq",
    Domain.KERNEL,
    "one for each packet: user mode is left, a handler acknowledges, takes a frame, and returns to it",
)
IPINTRQ = Station(
    "ipintrq",
    Domain.KERNEL,
    "a short queue until the soft interrupt comes; full means that the interrupt was for nothing",
)
SOFTIRQ = Station(
    "softirq",
    Domain.KERNEL,
    "later, below interrupts and above processes: user mode is left again, an sk_buff is allocated",
)
POLL = Station(
    "poll",
    Domain.KERNEL,
    "started by the interrupt: takes packets from the ring to the end of their way, a quota a round",
)
IRQ_POLL = Station(
    "irq",
    Domain.KERNEL,
    "masks itself and starts the polling program",
    function="QuotaDriver.irq_handler",
    file="kbview/emulator/datapaths/kernel_irq/quota_driver.py",
)
_, _, _, IP, TRANSPORT, SOCKET = STACK
SCREENQ = Station(
    "screenq",
    Domain.KERNEL,
    "forwarded packets wait until the screening process has seen them; full means dropped",
)
IOCTL = Station(
    "ioctl",
    Domain.KERNEL,
    "one system call for each packet: it brings the packet's headers and takes the last verdict",
)
SCREEND = Station("screend", Domain.USER, "the screening process matches its rules")

STATIONS = (IRQ, IPINTRQ, SOFTIRQ, IP, TRANSPORT, SOCKET, READ, APP)


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
        return (*hardware, *below, IP, SCREENQ, IOCTL, SCREEND, QDISC, tx_ring)
    if app == "forward":
        return (*hardware, *below, IP, QDISC, tx_ring)
    if app == "drop":
        return (*hardware, *below, *((IP,) if settings.drop_at == "input" else ()))
    up = (*hardware, *below, IP, TRANSPORT, SOCKET, READ, APP)
    return (*up, SEND, tx_ring) if app == "echo" else up
