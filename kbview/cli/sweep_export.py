"""A sweep for programs: one JSON object, or CSV with a row for each combination of values."""

import json
from collections.abc import Sequence

from kbview import __version__
from kbview.cli.paper import say
from kbview.cli.spreadsheet import print_row
from kbview.experiment.figure import Figure
from kbview.experiment.program import identity
from kbview.experiment.sweep import Sweep, SweepRow
from kbview.tape.handover import notice

ORIGIN = "emulated"
INTERVAL = "half of the 95 % confidence interval of the mean over the seeds, by Student's t"


def print_json(sweep: Sweep, rows: Sequence[SweepRow], figures: Sequence[Figure]) -> None:
    """The design and every row; an unknown value is null."""
    made = {
        "version": __version__,
        "program": identity(),
        "origin": ORIGIN,
        "source": sweep.model.scenario.name,
        "set": dict(sweep.model.changes),
        "until": {"time_ps": sweep.model.until.time_ps, "frames": sweep.model.until.frames},
        "load": sweep.model.load,
        "axes": [{"key": a.key, "unit": a.unit, "values": list(a.values)} for a in sweep.axes],
        "figures": {each.name: {"unit": each.unit, "meaning": each.meaning} for each in figures},
        "ci95": INTERVAL,
        "left_out": list(sweep.left_out),
        "rows": [_row(sweep, row, figures) for row in rows],
    }
    say(json.dumps(made, indent=1))


def _row(sweep: Sweep, row: SweepRow, figures: Sequence[Figure]) -> dict[str, object]:
    trial = row.trial
    told = {}
    for figure in figures:
        estimate = row.estimate(figure)
        told[figure.name] = {"mean": estimate.mean, "ci95": estimate.half, "seeds": estimate.runs}
    return {
        "values": {axis.key: value for axis, value in zip(sweep.axes, trial.values, strict=True)},
        "datapath": trial.datapath,
        "hands_over": notice(trial.datapath) or None,
        "profile": trial.profile,
        "seeds": [point.scenario.seed for point in trial.points],
        "duration_ps": [result.duration_ps for result in row.results],
        "figures": told,
    }


def print_csv(sweep: Sweep, rows: Sequence[SweepRow], figures: Sequence[Figure]) -> None:
    """A head with units, then the rows. `ci95` is half of the 95 % confidence interval."""
    measured = [
        name for figure in figures for name in (figure.title, f"{figure.name} ci95 [{figure.unit}]")
    ]
    axes = [axis.title for axis in sweep.axes]
    heads = ["origin", "source", "set", "profile"]
    print_row([*heads, *axes, "datapath", "hands over", "seeds", *measured])
    changes = " ".join(f"{key}={value}" for key, value in dict(sweep.model.changes).items())
    origin = [ORIGIN, sweep.model.scenario.name, changes]
    for row in rows:
        estimates = [row.estimate(figure) for figure in figures]
        cells = [cell for each in estimates for cell in (each.mean, each.half)]
        trial = row.trial
        ways = [trial.datapath, notice(trial.datapath)]
        print_row([*origin, trial.profile, *trial.values, *ways, len(row.results), *cells])
