"""Run several sources to their end side by side, and report on each."""

from collections.abc import Sequence
from functools import partial
from itertools import takewhile

from kbview.cli import headway
from kbview.cli.ending import Ending
from kbview.state.report import Report, build, unseen
from kbview.state.state import State
from kbview.state.stretches import stretches
from kbview.tape.detail import Detail
from kbview.tape.source import Origin, Source
from kbview.tape.tape import Tape

_FIRST_SLICE_PS = 10**9
_LONGEST_SLICE_PS = 10**12
_ALIKE = 1.05  # loads are equal up to this ratio
_INTERRUPTED = "interrupted by Ctrl+C: these are the first {:,.3f} ms"
_KEPT = 8  # records; a report needs only the last sample


def run_together(
    sources: Sequence[Source], until_ps: int | None, ending: Ending | None = None
) -> list[Report]:
    """Emulated sources run side by side; live sources, which would disturb each other, in turn.

    After Ctrl+C the reports tell the time up to then, if there is an `ending` that takes it.
    """
    ending = Ending() if ending is None else ending
    ending.watch(sources)
    with headway.shown(_label(sources), partial(_share, sources, until_ps)):
        if any(source.capabilities.live for source in sources):
            return equal_loads(
                [report for source in sources for report in _side_by_side([source], until_ps, ending)]
            )
        return _side_by_side(sources, until_ps, ending)


def _label(sources: Sequence[Source]) -> str:
    return ", ".join(dict.fromkeys(source.heading.name for source in sources))


def _share(sources: Sequence[Source], until_ps: int | None) -> float | None:
    """The mean of the sources' shares; None if a share is unknown."""
    shares = [1.0 if source.ended else source.share(until_ps) for source in sources]
    known = [share for share in shares if share is not None]
    return sum(known) / len(known) if known and len(known) == len(shares) else None


def equal_loads(reports: list[Report]) -> list[Report]:
    """The reports; a note on the first where their offered loads differ."""
    offered = [report.rates["offered_pps"] or 0.0 for report in reports]
    if offered and max(offered) > _ALIKE * min(offered):
        loads = ", ".join(
            f"{report.datapath} {pps:,.0f}" for report, pps in zip(reports, offered, strict=True)
        )
        reports[0].notes.append(
            f"unequal loads, frames a second: {loads}. The sender did not keep up, or rested while a "
            "receiver changed. Compare numbers for each packet, not rates; ask for less with --rate"
        )
    return reports


def _side_by_side(sources: Sequence[Source], until_ps: int | None, ending: Ending) -> list[Report]:
    """Pump all of them in equal slices of trace time, so that a shared pipe need not be kept."""
    runs = [_Run(source) for source in sources]
    ending.regular = until_ps is None and all(source.capabilities.live for source in sources)
    try:
        try:
            _pump_all(runs, until_ps, ending)
        except KeyboardInterrupt:
            if not ending.came:  # nobody takes it
                raise
        ending.settled()
        reports = [report for run in runs for report in run.reports(until_ps)]
        if ending.came and not ending.regular:
            for report in reports:
                report.notes.append(_INTERRUPTED.format(report.duration_ps / 1e9))
        return reports
    finally:
        for source in sources:
            source.close()


def _pump_all(runs: Sequence["_Run"], until_ps: int | None, ending: Ending) -> None:
    reached_ps, slice_ps = 0, _FIRST_SLICE_PS
    while not ending.came and any(run.going(until_ps) for run in runs):
        reached_ps += slice_ps
        for run in runs:
            run.pump(reached_ps if until_ps is None else min(reached_ps, until_ps))
        news = sum(run.news() for run in runs)
        slice_ps = min(2 * slice_ps, _LONGEST_SLICE_PS) if news else 2 * slice_ps  # silence is quick


class _Run:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._tape = Tape(capacity=_KEPT) if source.tape is None else source.tape
        self._arrived = 0
        source.set_detail(Detail.METERS)

    def going(self, until_ps: int | None) -> bool:
        return not self._source.ended and (until_ps is None or self._tape.end_ps < until_ps)

    def pump(self, until_ps: int) -> None:
        if not self._source.ended:
            self._source.pump(self._tape, until_ps)

    def news(self) -> int:
        """How many frames have arrived since this was last asked."""
        at = self._tape.sample_before(self._tape.length)
        arrived = 0 if at is None else self._tape.sample_at(at).meters.arrived
        more, self._arrived = arrived - self._arrived, arrived
        return more

    def reports(self, until_ps: int | None) -> list[Report]:
        """A report; of a recorded lab a report for each receiver that it had."""
        tape, source = self._tape, self._source
        if source.heading.original is Origin.LIVE:
            last_ps = tape.end_ps if until_ps is None else until_ps
            found = stretches(takewhile(lambda record: record.time_ps <= last_ps, tape.read(0)))
            if len(found) > 1:
                known = source.capabilities.meters
                return equal_loads([build(source.heading, known, each.state()) for each in found])
        return [self._report(until_ps)]

    def _report(self, until_ps: int | None) -> Report:
        tape, state = self._tape, State()
        for record in tape.opening(tape.length if until_ps is None else tape.position_at(until_ps)):
            state.apply(record)
        known = self._source.capabilities.meters
        report = build(self._source.heading, known, state)
        report.notes.extend(unseen(report))
        return report
