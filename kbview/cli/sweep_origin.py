"""The origin of an experiment's numbers in words: profile, scenario, overrides, runs, seeds, marks."""

from collections.abc import Sequence

from kbview.experiment.stretch import WARM_UP
from kbview.experiment.sweep import Model, Sweep, SweepRow
from kbview.tape.handover import marked_notices
from kbview.tape.meter import Meters

_MOST_WAITING = 10  # one part in so many of the arrived frames


def title(sweep: Sweep) -> str:
    """The origin of the numbers: emulated, with the profiles and the scenario."""
    profiles = ", ".join(dict.fromkeys(trial.profile for trial in sweep.trials))
    return f"EMULATED with costs of {profiles}: {sweep.model.scenario.name}"


def conditions(sweep: Sweep, rows: Sequence[SweepRow]) -> list[str]:
    """The overrides of the scenario, the runs with their seeds, and what is left out; a line each."""
    left_out = [f"left out: {reason}" for reason in sweep.left_out]
    return [*overridden(sweep.model), _runs(sweep, rows), *_unsettled(rows), *left_out]


def overridden(model: Model) -> list[str]:
    """One line with the keys that differ from the scenario's file; no line without any."""
    changes = dict(model.changes)
    return (
        ["with " + ", ".join(f"{key} = {value}" for key, value in changes.items())] if changes else []
    )


def compared(sweep: Sweep) -> list[str]:
    """The meaning of the marks at the datapaths of this sweep, a line each."""
    return marked_notices(sweep.datapaths)


def _unsettled(rows: Sequence[SweepRow]) -> list[str]:
    """A warning about rows whose runs ended with many frames still on their way; none without any."""
    count = sum(any(_waiting(result.meters) for result in row.results) for row in rows)
    text = (
        f"in {count} of {len(rows)} rows the run ended with more than a tenth of its frames on their "
        "way: a longer --until measures these better"
    )
    return [text] if count else []


def _waiting(meters: Meters) -> bool:
    return meters.in_flight * _MOST_WAITING > meters.arrived


def _runs(sweep: Sweep, rows: Sequence[SweepRow]) -> str:
    """How long the runs are, and of how many the figures are means."""
    seeds = len(rows[0].results)
    text = f"each run: {sweep.model.until.text}, of which the first fifth is not measured"
    if sweep.model.load is not None:
        text += f"; offered: {100 * sweep.model.load:g} % of the highest rate that the link carries"
    assert WARM_UP == 5
    if seeds > 1:
        text += f"; means of {seeds} seeds, ± half of the 95 % confidence interval (Student's t)"
    return text
