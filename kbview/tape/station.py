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
    this datapath does not visit.
    """

    name: str
    domain: Domain
    help: str
    steps: tuple[str, ...] = ()
    bypassed: bool = False


def bypass(stations: tuple[Station, ...]) -> tuple[Station, ...]:
    """The same places, marked as not visited."""
    return tuple(msgspec.structs.replace(station, steps=(), bypassed=True) for station in stations)
