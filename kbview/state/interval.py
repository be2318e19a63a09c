"""An interval between two samples of the tape, for rates, charts and costs."""

from typing import NamedTuple

from kbview.tape.events import Account
from kbview.tape.histogram import Histogram
from kbview.tape.meter import CoreMeter, Sample, StageMeter


class Interval(NamedTuple):
    """From one sample to a later one."""

    before: Sample
    after: Sample

    @property
    def duration_ps(self) -> int:
        """Trace time that passed."""
        return self.after.time_ps - self.before.time_ps

    def change(self, name: str) -> int:
        """How much a total grew."""
        grown: int = getattr(self.after.meters, name) - getattr(self.before.meters, name)
        return grown

    def known(self, name: str) -> int | None:
        """How much a total grew; None where it is not known."""
        before, after = getattr(self.before.meters, name), getattr(self.after.meters, name)
        return None if before is None or after is None else int(after - before)

    def each(self, name: str) -> float | None:
        """How much a total grew for each delivered packet; None where either is unknown."""
        before, after = getattr(self.before.meters, name), getattr(self.after.meters, name)
        delivered = self.change("delivered")
        if before is None or after is None or not delivered:
            return None
        return float(after - before) / delivered

    def dropped(self, key: str) -> int:
        """How much the drops at one place for one reason grew, by their "where/REASON"."""
        return self.after.meters.drops.get(key, 0) - self.before.meters.drops.get(key, 0)

    def stages(self) -> dict[str, StageMeter]:
        """How often each step was taken and the cost of all; steps not taken are left out."""
        stages, earlier = {}, self.before.meters.stages
        for name, stage in self.after.meters.stages.items():
            was = earlier.get(name) or StageMeter()
            if stage.count != was.count:
                stages[name] = StageMeter(stage.count - was.count, stage.total_ps - was.total_ps)
        return stages

    def latency(self) -> Histogram:
        """Latencies to an application or out again; least and greatest are a bucket's."""
        return _grown(self.before.meters.latency, self.after.meters.latency)

    def kernel_latency(self) -> Histogram:
        """The same of packets that a protocol of the host consumed."""
        return _grown(self.before.meters.kernel_latency, self.after.meters.kernel_latency)

    def shares(self) -> list[dict[Account, float]]:
        """For each core, the share of its time that went to each account."""
        pairs = zip(self.after.meters.cores, self.before.meters.cores, strict=False)
        return [_shares(core, was) for core, was in pairs]


def _shares(core: CoreMeter, was: CoreMeter) -> dict[Account, float]:
    booked = {account: core.of(account) - was.of(account) for account in Account}
    whole = sum(booked.values()) or 1
    return {account: ps / whole for account, ps in booked.items()}


def _grown(before: Histogram, after: Histogram) -> Histogram:
    counts = {bucket: count - before.counts.get(bucket, 0) for bucket, count in after.counts.items()}
    grown = {bucket: count for bucket, count in counts.items() if count > 0}
    ends = (min(grown), max(grown)) if grown else (0, 0)
    return Histogram(grown, sum(grown.values()), *ends)
