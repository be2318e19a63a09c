"""The report: the numbers of one datapath on a tape, in the schema that programs read."""

from collections.abc import Collection
from typing import Any

import msgspec

from kbview.tape.meter import CoreMeter, Meters
from kbview.tape.source import Heading

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
FRAMES = ("arrived", "delivered", "sent", "dropped", "missed", "in_flight")
COUNTS = (
    "interrupts",
    "softirqs",
    "polls",
    "empty_polls",
    "syscalls",
    "mode_switches",
    "context_switches",
    "copies",
    "copied_bytes",
    "allocations",
    "frees",
    "wakeups",
    "tlb_misses",
    "unsent",
)


class Report(msgspec.Struct):
    """One datapath's results. Times are integer picoseconds; `None` is a number unknown to the source.

    `share` of a stage is its part of all CPU time spent on steps, 0..1. `unseen` packets have an end
    that no record tells. `lost_records` were lost by the instrument that watched, so they are no drops;
    None if nobody counted them.
    """

    source: str
    origin: str
    datapath: str
    profile: str
    seed: int | None
    duration_ps: int
    frames: dict[str, int | None]
    bytes: dict[str, int | None]
    counts: dict[str, int | None]
    latency_ps: dict[str, int | None]
    drops: list[dict[str, Any]]
    cores: list[dict[str, int]]
    stages: list[dict[str, Any]]
    rates: dict[str, float | None]
    notes: list[str]
    gauges: dict[str, int]
    unseen: int = 0
    lost_records: int | None = 0

    @property
    def packets(self) -> int:
        """The packets that share all costs: delivered packets; sent frames where none is received."""
        return self.frames["delivered"] or (0 if self.frames["arrived"] else self.frames["sent"] or 0)

    @property
    def sent_pps(self) -> float:
        """Frames that left the host, a second."""
        return (self.frames["sent"] or 0) * 1e12 / self.duration_ps if self.duration_ps else 0.0


def build(
    heading: Heading,
    known: Collection[str],
    datapath: str,
    duration_ps: int,
    meters: Meters,
    *,
    lost_records: int | None = 0,
) -> Report:
    """A report from the meters at the end of a run; the source can know the meters in `known`."""
    frames = _frames(known, meters)
    told = frames["delivered"] is not None
    return Report(
        source=heading.name,
        origin=heading.origin,
        datapath=datapath,
        profile=heading.profile,
        seed=heading.seed,
        duration_ps=duration_ps,
        frames=frames,
        bytes={
            "arrived": meters.arrived_bytes,
            "delivered": meters.delivered_bytes if told else None,
        },
        counts={name: getattr(meters, name) if name in known else None for name in COUNTS},
        latency_ps=_latency(meters),
        drops=_drops(meters),
        cores=[_core(core) for core in meters.cores] if "cores" in known else [],
        stages=_stages(meters),
        rates=_rates(meters, duration_ps, told=told),
        notes=list(heading.notes),
        gauges=meters.gauges,
        unseen=meters.unseen,
        lost_records=lost_records,
    )


def unseen(report: Report) -> list[str]:
    """Sentences on records that were lost, and on packets with an end that no record tells."""
    said = []
    if report.lost_records != 0:
        count = "records, nobody counted how many" if report.lost_records is None else "records"
        number = "" if report.lost_records is None else f"{report.lost_records:,} "
        said.append(f"the instrument lost {number}{count}: that is no drop, and more may have happened")
    if report.unseen:
        said.append(f"no record tells the end of {report.unseen:,} packets: not delivered, not dropped")
    return said


def _frames(known: Collection[str], meters: Meters) -> dict[str, int | None]:
    """The frames; None for a number that the source cannot know.

    A count above zero was seen, whatever else happened. Where each packet that arrived has come to its
    end, none is missing from the ends.
    """
    settled = not meters.in_flight and not meters.unseen
    sure = {"arrived", "in_flight", *known, *(("delivered", "dropped") if settled else ())}
    counts: dict[str, int] = {name: getattr(meters, name) for name in FRAMES}
    return {name: count if count or name in sure else None for name, count in counts.items()}


def _latency(meters: Meters) -> dict[str, int | None]:
    latency = meters.latency
    if not latency.total:
        return dict.fromkeys(("min", *PERCENTILES, "max"))
    middle = {name: latency.percentile(share) for name, share in PERCENTILES.items()}
    return {"min": latency.least, **middle, "max": latency.greatest}


def _drops(meters: Meters) -> list[dict[str, Any]]:
    drops = []
    for key, count in sorted(meters.drops.items(), key=lambda item: -item[1]):
        where, _, reason = key.partition("/")
        drops.append({"where": where, "reason": reason, "count": count})
    return drops


def _core(core: CoreMeter) -> dict[str, int]:
    fields: dict[str, int] = msgspec.to_builtins(core)
    fields.pop("task")
    return fields


def _stages(meters: Meters) -> list[dict[str, Any]]:
    whole = sum(stage.total_ps for stage in meters.stages.values()) or 1
    return [
        {
            "stage": name,
            "count": stage.count,
            "total_ps": stage.total_ps,
            "share": stage.total_ps / whole,
        }
        for name, stage in sorted(meters.stages.items(), key=lambda item: -item[1].total_ps)
        if stage.total_ps  # one that is only counted has no known cost
    ]


def _rates(meters: Meters, duration_ps: int, *, told: bool) -> dict[str, float | None]:
    if not duration_ps:
        return dict.fromkeys(("offered_pps", "delivered_pps", "delivered_bps"))
    seconds = duration_ps / 1e12
    return {
        "offered_pps": meters.arrived / seconds,
        "delivered_pps": meters.delivered / seconds if told else None,
        "delivered_bps": meters.delivered_bytes * 8 / seconds if told else None,
    }
