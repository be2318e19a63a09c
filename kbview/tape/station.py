"""Stations: the places a packet passes, in its order, with the walls it crosses.

    HARDWARE | KERNEL                          | USER
    wire NIC ring | irq softirq skb IP TCP socket | read app

A datapath declares its stations; the screen draws what it is told and knows no datapath by name.
"""

from enum import StrEnum

import msgspec


class Domain(StrEnum):
    """Who owns the ground a station stands on."""

    HARDWARE = "hardware"
    KERNEL = "kernel"
    USER = "user"


class Station(msgspec.Struct, frozen=True, array_like=True):
    """One place on the path.

    `steps` are the cost rows that are paid here and the events that happen here, by name; a packet
    whose last step is one of them stands here. `bypassed` marks a place of the ordinary stack that
    this datapath does not visit. `function` and `file` name the emulator's code of this station, for
    example "Softirq.net_rx_action" in "kbview/emulator/kernel/softirq.py"; both are empty for a live
    source, for a bypassed station and on tapes that are older than these fields.
    """

    name: str
    domain: Domain
    help: str
    steps: tuple[str, ...] = ()
    bypassed: bool = False
    function: str = ""
    file: str = ""


def bypass(stations: tuple[Station, ...]) -> tuple[Station, ...]:
    """The same places, marked as not visited."""
    return tuple(msgspec.structs.replace(station, steps=(), bypassed=True) for station in stations)


STACK = (
    Station(
        "irq",
        Domain.KERNEL,
        "the NIC interrupts the core; the handler masks the vector and schedules NAPI",
        ("IrqRaised", "hardirq"),
    ),
    Station(
        "softirq",
        Domain.KERNEL,
        "net_rx_action polls the ring, 64 packets at a time; entering it is no mode switch",
        ("SoftirqEntered", "softirq_dispatch", "napi_poll", "dim_apply", "napi_complete"),
    ),
    Station(
        "skb",
        Domain.KERNEL,
        "an sk_buff is built around the frame; GRO may merge it; headers come off by moving pointers",
        (
            "descriptor_read",
            "first_touch",
            "rx_page",
            "skb_alloc",
            "napi_gro_receive",
            "gro_merge",
            "PacketMerged",
            "gro_complete",
            "netif_receive_skb",
        ),
    ),
    Station(
        "IP",
        Domain.KERNEL,
        "header check, checksum, route lookup",
        (
            "ip_rcv",
            "nf_conntrack_in",
            "line_transfer",
            "fib_lookup",
            "fib_node",
            "nf_reject",
            "ip_defrag",
            "arp_rcv",
            "icmp_rcv",
            "ip_forward",
        ),
    ),
    Station(
        "TCP/UDP",
        Domain.KERNEL,
        "checksum, and whose packet is this?",
        ("udp_rcv", "tcp_v4_rcv", "tcp_conn_request", "tcp_create_child"),
    ),
    Station(
        "socket",
        Domain.KERNEL,
        "the receive queue, charged by truesize; a sleeping reader is woken",
        ("socket_enqueue", "SocketQueued", "try_to_wake_up"),
    ),
)
