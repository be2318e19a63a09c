"""The engine's places on a packet's way from the huge buffer to an application's chunk, and back."""

from kbview.tape.station import STACK, Domain, Station, bypass

IRQ, _, *BEYOND = STACK
ENGINE = (
    Station(
        "cells",
        Domain.HARDWARE,
        "the huge packet buffer: a cell of 2 KB for each descriptor, used again and again",
    ),
    IRQ,
    Station(
        "softirq",
        Domain.KERNEL,
        "it takes no packet: it only wakes the thread, which slept because nothing was there",
    ),
    *bypass(tuple(BEYOND)),
    Station(
        "ioctl",
        Domain.KERNEL,
        "a system call for a chunk of packets; it sleeps where no packet waits",
    ),
    Station(
        "copy",
        Domain.KERNEL,
        "within the ioctl(): packets go into the application's chunk, cells back to the NIC",
    ),
)
SEND = Station(
    "send",
    Domain.KERNEL,
    "a second ioctl(): the chunk is copied into cells of the transmit ring, one doorbell for all",
)
