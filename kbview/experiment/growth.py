"""Growth: the difference of the meters between two moments."""

import msgspec

from kbview.tape.event import Account
from kbview.tape.histogram import Histogram
from kbview.tape.meter import TOTALS, CoreMeter, Meters, StageMeter


def growth(after: Meters, before: Meters) -> Meters:
    """Meters with the totals, drops, core times, stages and latencies of the stretch between.

    The least latency of the stretch is not known any more; the greatest is that of its highest bucket.
    """
    grown = Meters(**{name: getattr(after, name) - getattr(before, name) for name in TOTALS})
    grown.in_flight = after.in_flight
    grown.drops = {key: count - before.drops.get(key, 0) for key, count in after.drops.items()}
    grown.cores = [_core(*pair) for pair in zip(after.cores, before.cores, strict=True)]
    grown.stages = {
        name: _stage(stage, before.stages.get(name)) for name, stage in after.stages.items()
    }
    grown.latency = _latency(after.latency, before.latency)
    return grown


def _core(after: CoreMeter, before: CoreMeter) -> CoreMeter:
    booked = {f"{account}_ps": after.of(account) - before.of(account) for account in Account}
    return msgspec.structs.replace(after, **booked)


def _stage(after: StageMeter, before: StageMeter | None) -> StageMeter:
    if before is None:
        return after
    return StageMeter(after.count - before.count, after.total_ps - before.total_ps)


def _latency(after: Histogram, before: Histogram) -> Histogram:
    counts = {bucket: n - before.counts.get(bucket, 0) for bucket, n in after.counts.items()}
    counts = {bucket: n for bucket, n in counts.items() if n}
    return Histogram(counts, sum(counts.values()), min(counts, default=0), max(counts, default=0))
