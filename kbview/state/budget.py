"""The budget: the time that the line rate leaves for each frame, and the time spent on a packet.

10 Gb/s, 64 bytes and 20 more of preamble, start and gap:  84 * 8 / 10 = 67.2 ns
"""

from typing import NamedTuple

from kbview.packet.frame import WIRE_OVERHEAD
from kbview.state.flows import FOUND_NOTHING
from kbview.state.interval import Interval
from kbview.tape.event import Account
from kbview.tape.station import Domain, Station
from kbview.tape.steps import without_break

NOWHERE = ""
FULL = 0.97  # of a core's time
FEW_LOST = 0.1  # of the frames that arrived


class Spent(NamedTuple):
    """The cost of a step for a delivered packet, picoseconds on average, and its station."""

    step: str
    station: str
    domain: Domain | None
    each_ps: float


def mean_length(interval: Interval) -> float | None:
    """The average frame of an interval, bytes with FCS; None if none arrived."""
    arrived = interval.change("arrived")
    return interval.change("arrived_bytes") / arrived if arrived else None


def budget_ps(link_bps: int | None, length: float | None) -> float | None:
    """Time between two such frames when the line is full; None where line or length is not known."""
    if not link_bps or length is None:
        return None
    return (length + WIRE_OVERHEAD) * 8 * 1e12 / link_bps


def fullest(interval: Interval) -> float:
    """The share of its time that the busiest core worked, without empty polls; 0 if unknown."""
    idle = (Account.IDLE, Account.POLL_EMPTY)
    worked = [
        sum(share for account, share in shares.items() if account not in idle)
        for shares in interval.shares()
    ]
    return max(worked, default=0.0)


def spent(interval: Interval, stations: tuple[Station, ...]) -> list[Spent]:
    """By step, the dearest first; empty when no packet was delivered. Empty polls are left out."""
    delivered = interval.change("delivered")
    if not delivered:
        return []
    places = {step: station for station in stations for step in station.steps}
    found = []
    for step, stage in interval.stages().items():
        if step not in FOUND_NOTHING:
            place = places.get(without_break(step))
            name, domain = (place.name, place.domain) if place else (NOWHERE, None)
            found.append(Spent(step, name, domain, stage.total_ps / delivered))
    return sorted(found, key=lambda one: (-one.each_ps, one.step))


def of_arrived(delivered_ps: float, interval: Interval) -> float | None:
    """A cost for each delivered packet as one for each frame that arrived, picoseconds.

    None where few frames were lost: then the two hardly differ.
    """
    arrived, delivered = interval.change("arrived"), interval.change("delivered")
    lost = interval.change("dropped") + interval.change("missed")
    return delivered_ps * delivered / arrived if arrived and lost > FEW_LOST * arrived else None


def in_vain_ps(interval: Interval) -> float | None:
    """Time of empty polls for each delivered packet, picoseconds; None when none was delivered."""
    delivered, stages = interval.change("delivered"), interval.stages()
    if not delivered:
        return None
    return sum(stages[step].total_ps for step in FOUND_NOTHING if step in stages) / delivered
