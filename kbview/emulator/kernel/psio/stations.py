"""The engine's places on the way of a packet, from the huge buffer to the chunk of an application."""

from kbview.tape.station import STACK, Domain, Station, bypass

IRQ, _, *BEYOND = STACK
ENGINE = (
    Station(
        "cells",
        Domain.HARDWARE,
        "the huge packet buffer: a cell of 2 KB for each descriptor, used again and again",
        ("DescriptorDone", "DescriptorCleaned"),
    ),
    IRQ,
    Station(
        "softirq",
        Domain.KERNEL,
        "it takes no packet: it only wakes the thread, which slept because nothing was there",
        ("SoftirqEntered", "softirq_dispatch", "napi_poll", "try_to_wake_up"),
    ),
    *bypass(tuple(BEYOND)),
    Station(
        "copy",
        Domain.KERNEL,
        "within the application's ioctl(): packets go into its chunk, cells back to the NIC",
        ("psio_recv", "first_touch", "psio_rx_cell", "psio_rx_copy", "ChunkMoved", "irq_enable"),
    ),
)
