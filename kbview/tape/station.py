"""Stations: the places a packet passes, in its order, with the walls it crosses.

    HARDWARE | KERNEL                          | USER
    wire NIC ring | irq softirq skb IP TCP socket | read app

A datapath declares its stations; the screen draws any list of stations and knows no datapath by name.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec


class Domain(StrEnum):
    """The owner of the ground that a station stands on."""

    HARDWARE = "hardware"
    KERNEL = "kernel"
    USER = "user"


class Station(msgspec.Struct, frozen=True, array_like=True, cache_hash=True):
    """One place on the path.

    `steps` are the cost rows that are paid here and the events that happen here, by name; a packet
    stands at the station of its last step. Each step and event declares its stations
    (`kbview/tape/steps/`, the classes of events); a source that only counts names the meter of a
    station here. `beside` marks a branch: the kernel works there for the packet while the packet itself
    waits at an earlier station. `bypassed` marks a place of the ordinary stack that
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
    beside: bool = False


def bypass(stations: tuple[Station, ...]) -> tuple[Station, ...]:
    """The same places, marked as not visited."""
    return tuple(msgspec.structs.replace(station, steps=(), bypassed=True) for station in stations)


STACK = (
    Station(
        "irq",
        Domain.KERNEL,
        "the NIC interrupts the core; the handler masks the vector and schedules NAPI",
    ),
    Station(
        "softirq",
        Domain.KERNEL,
        "net_rx_action polls the ring, 64 packets at a time; entering it is no mode switch",
    ),
    Station(
        "skb",
        Domain.KERNEL,
        "an sk_buff is built around the frame; GRO may merge it; headers come off by moving pointers",
    ),
    Station("IP", Domain.KERNEL, "header check, its checksum by the CPU, route lookup"),
    Station("TCP/UDP", Domain.KERNEL, "the NIC has summed the packet; its ports find the socket"),
    Station(
        "socket",
        Domain.KERNEL,
        "the receive queue, charged by truesize; a sleeping reader is woken",
    ),
)


def bypassed_part(stations: Sequence[Station]) -> str:
    """The part that the bypassed stations of a path stand for: "kernel" or "stack".

    The kernel is bypassed where the packet visits no station of the kernel before its first of user
    space. Where the kernel's driver still receives the packet, only the stack above is bypassed.
    """
    for station in stations:
        if not station.bypassed and station.domain is not Domain.HARDWARE:
            return "kernel" if station.domain is Domain.USER else "stack"
    return "stack"
