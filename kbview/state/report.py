"""The report: the numbers of one datapath on a tape, in the schema that programs read."""

from collections.abc import Collection
from typing import Any

import msgspec

from kbview.state.state import State
from kbview.tape.handover import gives_frames
from kbview.tape.histogram import Histogram
from kbview.tape.meter import CoreMeter, Meters
from kbview.tape.source import Heading

VERSION = 1  # of the schema; a key that is renamed, removed or redefined raises it
PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
FRAMES = (
    "arrived",
    "delivered",
    "consumed",
    "forwarded",
    "sent",
    "dropped",
    "missed",
    "in_flight",
)
BYTES = ("arrived", "delivered")
COUNTS = (
    "interrupts",
    "completion_interrupts",
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
UNITS = {
    "_ps": "picoseconds",
    "_pps": "packets a second",
    "_bps": "bits a second",
    "bytes": "frame lengths with FCS; of a live kernel without",
    "copied_bytes": "bytes of payload",
    "share": "0..1",
}
# Drops that the application `drop` or a rule asks for.
ASKED_FOR = ("app/DISCARDED", "xdp/XDP", "netif/NETFILTER_DROP", "ip/NETFILTER_DROP")
# `per` of a report
DELIVERED = "delivered packet"
DISCARDED = "packet dropped on purpose"
SENT = "sent frame"
RECEIVED = "packet that the application received"


class Report(msgspec.Struct):
    """One datapath's results. Times are integer picoseconds; None is a number unknown to the source.

    `gives_frames`: the application gets frames, not payload. `unseen` packets have an end that no
    record tells. `lost_records` were lost by the instrument that watched, so they are no drops; None if
    nobody counted them. `machine` is the profile in words, "" where costs are measured. `cores_shared`:
    the cores' time is that of all programs of the machine, so none of it is a packet's. `share` is a
    stage's part of all steps' CPU time, 0..1.
    """

    version: int
    units: dict[str, str]
    source: str
    origin: str
    datapath: str
    gives_frames: bool
    closed_loop: bool
    profile: str
    machine: str
    seed: int | None
    duration_ps: int
    frames: dict[str, int | None]
    bytes: dict[str, int | None]
    counts: dict[str, int | None]
    latency_ps: dict[str, int | None]
    kernel_latency_ps: dict[str, int | None]
    unseen: int
    lost_records: int | None
    drops: list[dict[str, Any]]
    cores: list[dict[str, int]]
    stages: list[dict[str, Any]]
    rates: dict[str, float | None]
    notes: list[str]
    gauges: dict[str, int]
    cores_shared: bool = False

    @property
    def received(self) -> int | None:
        """Packets that the application received; None if it is not known which packets these are."""
        delivered, consumed = self.frames["delivered"], self.frames["consumed"]
        forwarded = self.frames["forwarded"]
        if delivered is None or consumed is None or forwarded is None:
            return None
        return delivered - consumed - forwarded

    @property
    def discarded(self) -> int:
        """Packets that were dropped because the application, a program or a rule asks for it."""
        return sum(
            drop["count"] for drop in self.drops if f"{drop['where']}/{drop['reason']}" in ASKED_FOR
        )

    @property
    def packets(self) -> int:
        """The packets that share all costs, as `per` names them.

        In a closed loop datapaths see different numbers of ACKs, so requests share the costs there.
        """
        counts = {
            RECEIVED: self.received,
            DELIVERED: self.frames["delivered"],
            DISCARDED: self.discarded,
            SENT: self.frames["sent"],
        }
        return counts[self.per] or 0

    @property
    def per(self) -> str:
        """The name of `packets` in the singular."""
        if self.closed_loop and self.received:
            return RECEIVED
        if self.frames["delivered"] == 0 and self.discarded:
            return DISCARDED
        nothing_came = not self.frames["delivered"] and not self.frames["arrived"]
        return SENT if nothing_came and self.frames["sent"] else DELIVERED

    @property
    def sent_pps(self) -> float:
        """Frames that left the host, a second."""
        return (self.frames["sent"] or 0) * 1e12 / self.duration_ps if self.duration_ps else 0.0


def build(heading: Heading, known: Collection[str], state: State) -> Report:
    """A report from the state at the end of a run; the source can know the meters in `known`."""
    meters, duration_ps = state.meters, state.now_ps
    known = frozenset(known).difference(meters.unknown)
    frames, told = _frames(known, meters), _told(known, meters)
    return Report(
        version=VERSION,
        units=UNITS,
        source=heading.name,
        origin=heading.origin,
        datapath=state.datapath,
        gives_frames=gives_frames(state.datapath),
        closed_loop=heading.closed_loop,
        profile=heading.profile,
        machine=heading.costs.summary if heading.costs else "",
        seed=heading.seed,
        duration_ps=duration_ps,
        frames=frames,
        bytes={name: told[f"{name}_bytes"] for name in BYTES},
        counts={name: told[name] for name in COUNTS},
        latency_ps=_latency(meters.latency),
        kernel_latency_ps=_latency(meters.kernel_latency),
        unseen=meters.unseen,
        lost_records=None if state.uncounted else state.lost,
        drops=_drops(meters),
        cores=[_core(core) for core in meters.cores] if "cores" in known else [],
        stages=_stages(meters),
        rates=_rates(frames, told["delivered_bytes"], duration_ps),
        notes=[*heading.notes, *filter(None, (meters.banner, state.note))],
        gauges=meters.gauges,
        cores_shared="cores_shared" in known,
    )


def unseen(report: Report) -> list[str]:
    """Sentences on records that were lost, and on packets with an end that no record tells."""
    said = []
    if report.lost_records != 0:
        lost = report.lost_records
        count = "records, nobody counted how many" if lost is None else f"{lost:,} records"
        said.append(f"the instrument lost {count}: that is no drop, and more may have happened")
    if report.unseen:
        packets = f"{report.unseen:,} packet{'s' if report.unseen > 1 else ''}"
        said.append(f"no record tells the end of {packets}: not delivered, not dropped")
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


def _told(known: Collection[str], meters: Meters) -> dict[str, int | None]:
    """Counts and bytes; None for a number that the source cannot know."""
    names = (*COUNTS, *(f"{name}_bytes" for name in BYTES))
    return {name: getattr(meters, name) if name in known else None for name in names}


def _latency(latency: Histogram) -> dict[str, int | None]:
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
        if stage.total_ps  # a stage that is only counted has no known cost
    ]


def _rates(
    frames: dict[str, int | None], delivered_bytes: int | None, duration_ps: int
) -> dict[str, float | None]:
    def rate(total: int | None, factor: int = 1) -> float | None:
        return None if total is None or not duration_ps else factor * total * 1e12 / duration_ps

    return {
        "offered_pps": rate(frames["arrived"]),
        "delivered_pps": rate(frames["delivered"]),
        "delivered_bps": rate(delivered_bytes, 8),
    }
