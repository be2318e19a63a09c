"""A campaign: all points of the chosen targets, measured by the engine of experiments."""

from collections.abc import Sequence

from kbview.emulator.settings import ScenarioError
from kbview.experiment.point import Point, Result
from kbview.experiment.pool import PointError
from kbview.experiment.run import Runner
from kbview.validation import point
from kbview.validation.quantity import QUANTITIES
from kbview.validation.target import Curve, Target
from kbview.validation.verdict import VerdictRow, rows


class CampaignError(Exception):
    """A point that could not be run: one line with the target, the curve and the reason."""


def run(targets: Sequence[Target], runner: Runner) -> list[VerdictRow]:
    """Measure every point; the rows of all targets.

    Errors: CampaignError for a target that asks for a scenario that the emulator cannot run.
    """
    places = [
        (target, curve, place)
        for target in targets
        for curve in target.curves
        for place in range(len(curve.at))
    ]
    points = [_asked(*each) for each in places]
    asked = [{"target": t.id, "curve": c.name, "at": c.at[place]} for t, c, place in places]
    try:
        results = runner.run(points, asked)
    except PointError as error:
        target, curve, _ = places[error.place]
        raise CampaignError(f"target {target.id} {curve.name}: {error}") from error
    values = {
        (target.id, curve.name, place): value_of(curve, result)
        for (target, curve, place), result in zip(places, results, strict=True)
    }
    return [
        row
        for target in targets
        for row in rows(
            target,
            {(name, place): value for (id_, name, place), value in values.items() if id_ == target.id},
        )
    ]


def value_of(curve: Curve, result: Result) -> float:
    """The emulated value of a point, in the unit of the curve's quantity."""
    return QUANTITIES[curve.quantity](result.meters, result.duration_ps)


def _asked(target: Target, curve: Curve, place: int) -> Point:
    try:
        return point.asked(target, curve, place)
    except (ScenarioError, KeyError) as error:
        raise CampaignError(f"target {target.id} {curve.name}: {error}") from error
