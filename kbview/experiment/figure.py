"""Figures: the numbers that a result can be asked for, each with its unit and definition.

A figure is None where it has no value: a latency without deliveries, a share of no packets.
"""

from collections.abc import Callable
from difflib import get_close_matches

import msgspec

from kbview.emulator.keys import ScenarioError, quoted
from kbview.state.flows import FOUND_NOTHING
from kbview.state.report import ASKED_FOR
from kbview.tape.meter import CoreMeter, Meters

Formula = Callable[[Meters, int], float | None]


class Figure(msgspec.Struct, frozen=True):
    """One number of a result. `formula` takes the growth of the meters and the time in picoseconds."""

    name: str
    unit: str
    meaning: str
    formula: Formula

    @property
    def title(self) -> str:
        """The name with the unit, as a table or an axis shows it."""
        return f"{self.name} [{self.unit}]"


def rate(count: float, duration_ps: int) -> float:
    """A count a second."""
    return count * 1e12 / duration_ps


def busy_ps(core: CoreMeter) -> int:
    """The time that a core was not idle, empty polls included."""
    return (
        core.hardirq_ps
        + core.softirq_ps
        + core.ksoftirqd_ps
        + core.syscall_ps
        + core.copy_ps
        + core.user_ps
        + core.poll_useful_ps
        + core.poll_empty_ps
    )


def handled(meters: Meters) -> int:
    """Packets that reached their end as the scenario asks: delivered, or dropped on purpose."""
    return meters.delivered + sum(meters.drops.get(key, 0) for key in ASKED_FOR)


def lost(meters: Meters) -> int:
    """Frames that were missed, dropped for want of room or time, or given up on the way out."""
    asked = handled(meters) - meters.delivered
    return meters.missed + meters.dropped - asked + meters.unsent


def packets(meters: Meters) -> int:
    """The packets that costs are divided by: handled ones; sent ones if the host receives nothing."""
    return handled(meters) or (0 if meters.arrived else meters.sent)


def _a_second(count: Callable[[Meters], int], scale: float = 1) -> Formula:
    return lambda meters, ps: rate(count(meters) * scale, ps) if ps else None


def _a_packet(count: Callable[[Meters], int]) -> Formula:
    def formula(meters: Meters, _duration_ps: int) -> float | None:
        shared = packets(meters)
        return count(meters) / shared if shared else None

    return formula


def _latency(share: float) -> Formula:
    def formula(meters: Meters, _duration_ps: int) -> float | None:
        latency = meters.latency
        return latency.percentile(share) / 1e6 if latency.total else None

    return formula


def mean_latency_us(meters: Meters) -> float | None:
    """The mean latency, each delivery taken at its bucket of the histogram; None without deliveries."""
    counts = meters.latency.counts
    total = sum(counts.values())
    return sum(bucket * count for bucket, count in counts.items()) / total / 1e6 if total else None


def _loss(meters: Meters, _duration_ps: int) -> float | None:
    """A frame that arrived before the stretch may be lost in it: all that ended count, if more."""
    ended = meters.delivered + meters.dropped + meters.missed
    offered = max(meters.arrived, ended) or meters.sent + meters.unsent
    return 100 * lost(meters) / offered if offered else None


def _busiest(meters: Meters, duration_ps: int) -> float | None:
    return max(100 * busy_ps(core) / duration_ps for core in meters.cores) if duration_ps else None


def _useful(meters: Meters, _duration_ps: int) -> float | None:
    useful = sum(core.poll_useful_ps for core in meters.cores)
    polling = useful + sum(core.poll_empty_ps for core in meters.cores)
    return 100 * useful / polling if polling else None


def _work_ps(meters: Meters) -> int:
    return sum(stage.total_ps for name, stage in meters.stages.items() if name not in FOUND_NOTHING)


def _cpu(meters: Meters, _duration_ps: int) -> float | None:
    shared = packets(meters)
    return sum(map(busy_ps, meters.cores)) / shared / 1e3 if shared else None


def _work(meters: Meters, _duration_ps: int) -> float | None:
    shared = packets(meters)
    return _work_ps(meters) / shared / 1e3 if shared else None


def _frames_a_poll(meters: Meters, _duration_ps: int) -> float | None:
    polls = meters.polls - meters.empty_polls
    return (meters.arrived - meters.missed) / polls if polls else None


_EACH = "for each packet that was delivered, or dropped as the scenario asks"
_TIME = "time from the last bit on the wire to the application"
FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure("offered", "frames/s", "frames that arrived at the NIC", _a_second(lambda m: m.arrived)),
        Figure(
            "delivered",
            "frames/s",
            "packets that an application received, or that the scenario has dropped on purpose",
            _a_second(handled),
        ),
        Figure("sent", "frames/s", "frames that left the host", _a_second(lambda m: m.sent)),
        Figure(
            "goodput",
            "Gb/s",
            "bits of the delivered frames, with headers and FCS",
            _a_second(lambda m: m.delivered_bytes, 8e-9),
        ),
        Figure("loss", "%", "frames missed, dropped or unsent, of all that were offered", _loss),
        Figure(
            "latency-mean",
            "us",
            f"mean {_TIME}",
            lambda meters, _ps: mean_latency_us(meters),
        ),
        Figure("latency-p50", "us", f"p50 of the {_TIME}", _latency(0.5)),
        Figure("latency-p99", "us", f"p99 of the {_TIME}", _latency(0.99)),
        Figure("latency-max", "us", f"longest {_TIME}", _latency(1.0)),
        Figure("cpu", "ns/packet", f"busy time of all cores, empty polls included, {_EACH}", _cpu),
        Figure("work", "ns/packet", f"time of all steps but empty polls, {_EACH}", _work),
        Figure("busy", "%", "share of the time that the busiest core is not idle", _busiest),
        Figure("useful", "%", "share of the polling time in which polls found frames", _useful),
        Figure("interrupts", "/packet", f"interrupts {_EACH}", _a_packet(lambda m: m.interrupts)),
        Figure("syscalls", "/packet", f"system calls {_EACH}", _a_packet(lambda m: m.syscalls)),
        Figure("copies", "/packet", f"copies by a CPU {_EACH}", _a_packet(lambda m: m.copies)),
        Figure(
            "switches", "/packet", f"context switches {_EACH}", _a_packet(lambda m: m.context_switches)
        ),
        Figure("batch", "frames/poll", "frames received by a poll that finds any", _frames_a_poll),
    )
}


def figure_of(name: str) -> Figure:
    """The figure of that name; ScenarioError, with the nearest name, if there is none."""
    if name in FIGURES:
        return FIGURES[name]
    close = get_close_matches(name[:60], FIGURES, 1, 0.5)
    hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(FIGURES)}"
    raise ScenarioError(f"figure {quoted(name)} is unknown; {hint}")
