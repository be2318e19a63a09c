"""A campaign: all points of the chosen targets, spread over processes; the order does not matter."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from kbview.emulator.cost import UnpricedStepError
from kbview.emulator.settings import ScenarioError
from kbview.validation.experiment import measure
from kbview.validation.target import Target
from kbview.validation.verdict import Row, rows

Point = tuple[int, int, int]  # target, curve, place
Told = Callable[[int, int], None]


class CampaignError(Exception):
    """A point that could not be run: one line with which and why."""


def run(targets: Sequence[Target], jobs: int, tell: Told = lambda _done, _all: None) -> list[Row]:
    """Measure every point; `tell` hears how many are done, of how many.

    Errors: CampaignError for a target that asks for what the emulator does not have.
    """
    points = [
        (t, c, place)
        for t, target in enumerate(targets)
        for c, curve in enumerate(target.curves)
        for place in range(len(curve.at))
    ]
    values: dict[Point, float] = {}
    if jobs == 1:
        for point in points:
            values[point] = _measure(*_named(targets, point))
            tell(len(values), len(points))
    else:
        # spawned, not forked: the caller may have threads
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            futures = {pool.submit(_measure, *_named(targets, point)): point for point in points}
            for future in as_completed(futures):
                values[futures[future]] = future.result()
                tell(len(values), len(points))
    return [row for t, target in enumerate(targets) for row in rows(target, _of(targets, values, t))]


def _named(targets: Sequence[Target], point: Point) -> tuple[Target, int, int]:
    return targets[point[0]], point[1], point[2]


def _measure(target: Target, curve: int, place: int) -> float:
    try:
        return measure(target, target.curves[curve], place)
    except (ScenarioError, UnpricedStepError, KeyError) as error:
        name = f"{target.id} {target.curves[curve].name}"
        raise CampaignError(f"target {name}: {error}") from error


def _of(
    targets: Sequence[Target], values: dict[Point, float], wanted: int
) -> dict[tuple[str, int], float]:
    curves = targets[wanted].curves
    return {(curves[c].name, place): value for (t, c, place), value in values.items() if t == wanted}
