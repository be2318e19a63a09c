"""A sweep: a scenario at every combination of its axes' values, datapaths and seeds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from math import floor, prod

import msgspec

from kbview.emulator.cost import Calibration
from kbview.emulator.keys import ScenarioError
from kbview.emulator.scenario import Scenario, override
from kbview.experiment.axis import Axis
from kbview.experiment.figure import Figure
from kbview.experiment.point import Point, Result, check
from kbview.experiment.run import Runner
from kbview.experiment.search import top_rate
from kbview.experiment.stretch import RunLength, endless, marks
from kbview.experiment.student import MOST_SEEDS, Estimate, estimate
from kbview.sources.emulated import profile

MOST_POINTS = 20_000
MOST_AXES = 2
_NO_RATE = ("traffic.rate_pps", "1")
Values = tuple[float | str, ...]


class Model(msgspec.Struct, frozen=True):
    """A scenario, the overrides of its keys, and the length of each run.

    `load` sets the rate of each run as a share of the highest that its link carries; None leaves it.
    """

    scenario: Scenario
    changes: tuple[tuple[str, str], ...] = ()
    until: RunLength = RunLength()
    load: float | None = None

    def scene(self, more: Iterable[tuple[str, str]]) -> Scenario:
        """The scenario with its overrides and more of them, its traffic without end."""
        changes = [*self.changes, *more]
        if self.load is not None:
            changes.append(_NO_RATE)  # the size may make the scenario's own rate too high
        made = endless(override(self.scenario, changes), [key for key, _ in changes])
        if self.load is None:
            return made
        rate_pps = max(1.0, floor(self.load * top_rate(made)))
        return replace(made, traffic=replace(made.traffic, rate_pps=rate_pps))


class Trial(msgspec.Struct, frozen=True):
    """One row of a sweep: the values of its axes, a datapath, and a point for each seed."""

    values: Values
    datapath: str
    points: tuple[Point, ...]

    @property
    def profile(self) -> str:
        """The name of the calibration."""
        return self.points[0].scenario.profile


class SweepRow(msgspec.Struct, frozen=True):
    """A trial with the result of each of its points."""

    trial: Trial
    results: tuple[Result, ...]

    def estimate(self, figure: Figure) -> Estimate:
        """The mean of a figure over the seeds, with its confidence."""
        return estimate([figure.formula(each.meters, each.duration_ps) for each in self.results])


class Sweep(msgspec.Struct, frozen=True):
    """The design of a sweep, its rows in order: the first axis varies slowest, datapaths fastest."""

    model: Model
    axes: tuple[Axis, ...]
    datapaths: tuple[str, ...]
    trials: tuple[Trial, ...]
    left_out: tuple[str, ...]

    def run(self, runner: Runner) -> list[SweepRow]:
        """Measure all points. Runner.run says which errors."""
        points = [point for trial in self.trials for point in trial.points]
        asked = [self._asked(trial, point) for trial in self.trials for point in trial.points]
        results = iter(runner.run(points, asked))
        return [SweepRow(trial, tuple(next(results) for _ in trial.points)) for trial in self.trials]

    def _asked(self, trial: Trial, point: Point) -> dict[str, float | str]:
        asked: dict[str, float | str] = {"scenario": self.model.scenario.name}
        asked |= {"datapath": trial.datapath, "seed": point.scenario.seed}
        return asked | dict(zip((axis.key for axis in self.axes), trial.values, strict=True))


def design(
    model: Model, axes: Sequence[Axis], datapaths: Sequence[str], seeds: int, *, if_able: bool = False
) -> Sweep:
    """Build and check every point. With `if_able` a datapath that cannot serve is left out.

    Errors: ScenarioError for the first point that cannot be, with the values that make it.
    """
    _bound(axes, len(datapaths), seeds)
    trials: list[Trial] = []
    left_out: dict[str, str] = {}
    calibrations: dict[str, Calibration] = {}
    for values in product(*(axis.values for axis in axes)):
        for datapath in datapaths:
            if datapath in left_out:
                continue
            try:
                points = tuple(_points(model, axes, values, datapath, seeds, calibrations))
            except ScenarioError as error:
                if not if_able:
                    raise
                left_out[datapath] = str(error)
                continue
            trials.append(Trial(values, datapath, points))
    kept = [trial for trial in trials if trial.datapath not in left_out]
    if not kept:
        raise ScenarioError(next(iter(left_out.values())))
    able = tuple(name for name in datapaths if name not in left_out)
    return Sweep(model, tuple(axes), able, tuple(kept), tuple(left_out.values()))


def _bound(axes: Sequence[Axis], datapaths: int, seeds: int) -> None:
    if not 1 <= len(axes) <= MOST_AXES:
        raise ScenarioError(f"{len(axes)} axes; give --over once or twice")
    if len({axis.key for axis in axes}) < len(axes):
        raise ScenarioError(f"--over {axes[0].key} is given twice; put all values into one")
    if not 1 <= seeds <= MOST_SEEDS:
        raise ScenarioError(f"--seeds {seeds}: use 1 to {MOST_SEEDS}")
    count = prod(len(axis.values) for axis in axes) * datapaths * seeds
    if count > MOST_POINTS:
        raise ScenarioError(f"{count:,} points; a sweep has up to {MOST_POINTS:,}")


def _points(
    model: Model,
    axes: Sequence[Axis],
    values: Values,
    datapath: str,
    seeds: int,
    calibrations: dict[str, Calibration],
) -> Iterator[Point]:
    changes = [axis.changes(value) for axis, value in zip(axes, values, strict=True)]
    base = model.scene([*changes, ("datapath", datapath)])
    check(base)
    if base.profile not in calibrations:
        calibrations[base.profile] = profile.load(base.profile)
    begin, end = marks(base, model.until)
    for seed in range(base.seed, base.seed + seeds):
        yield Point(replace(base, seed=seed), calibrations[base.profile], begin, end)
