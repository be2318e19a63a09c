"""A question about the offered rate, the searches that answer it, and their points."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum

import msgspec

from kbview.emulator.cost import Calibration
from kbview.emulator.keys import ScenarioError
from kbview.emulator.scenario import Scenario
from kbview.experiment.crossing import Crossing, crossing
from kbview.experiment.figure import Figure
from kbview.experiment.knee import Knee, knee
from kbview.experiment.point import Point, check
from kbview.experiment.run import Runner
from kbview.experiment.search import Search, together, top_rate
from kbview.experiment.stretch import marks
from kbview.experiment.student import MOST_SEEDS
from kbview.experiment.sweep import Model
from kbview.experiment.throughput import BEGIN, END, Throughput, throughput
from kbview.sources.emulated import profile

_RATE = "rate_pps"


class Asked(StrEnum):
    """The kinds of questions."""

    THROUGHPUT = "throughput"
    KNEE = "knee"
    CROSSING = "crossing"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The kind, the model, and the datapaths: each has an answer, but a crossing has one for both.

    `left_out` has a reason for each datapath that cannot serve the scenario.
    """

    asked: Asked
    model: Model
    datapaths: tuple[str, ...]
    seeds: int
    resolution: float
    figure: Figure
    left_out: tuple[str, ...] = ()

    @property
    def scenario(self) -> Scenario:
        """The scenario with its overrides, on the first datapath."""
        return self.model.scene([("datapath", self.datapaths[0])])

    @property
    def top_pps(self) -> int:
        """The highest rate of the search; ScenarioError if the question does not apply."""
        return top_rate(self.scenario)


Answer = Throughput | Knee | Crossing


def able(model: Model, datapaths: Sequence[str]) -> tuple[list[str], list[str]]:
    """The datapaths that can serve the model's scenario, and the reasons of the others.

    Errors: ScenarioError if no datapath can.
    """
    names, reasons = [], []
    for name in datapaths:
        try:
            check(model.scene([("datapath", name)]))
        except ScenarioError as error:
            reasons.append(str(error))
        else:
            names.append(name)
    if not names:
        raise ScenarioError(reasons[0])
    return names, reasons


def answers(question: Question, runner: Runner) -> list[Answer]:
    """The answer of each datapath, or one for a crossing.

    Errors: ScenarioError if the question does not apply or a datapath cannot serve, and the errors of
    Runner.run.
    """
    if not 1 <= question.seeds <= MOST_SEEDS:
        raise ScenarioError(f"--seeds {question.seeds}: use 1 to {MOST_SEEDS}")
    top_pps = question.top_pps
    for datapath in question.datapaths:
        check(replace(question.scenario, datapath=datapath))
    calibration = profile.load(question.scenario.profile)
    searches = _searches(question, top_pps, calibration)
    return [found for found in together(searches, runner) if isinstance(found, Answer)]


def _searches(question: Question, top_pps: int, calibration: Calibration) -> list[Search]:
    resolution = question.resolution
    if question.asked is Asked.CROSSING:
        points = _points(question, question.datapaths, calibration)
        return [Search(points, crossing(top_pps, resolution, question.figure))]
    steps = knee if question.asked is Asked.KNEE else throughput
    return [
        Search(_points(question, [name], calibration), steps(top_pps, resolution))
        for name in question.datapaths
    ]


def _points(
    question: Question, datapaths: Sequence[str], calibration: Calibration
) -> Callable[[int], Sequence[Point]]:
    """A function that makes the points of a rate: datapath by datapath, each with every seed."""

    def points(rate_pps: int) -> list[Point]:
        return [
            _point(question, replace(scenario, seed=scenario.seed + number), calibration)
            for scenario in scenes(rate_pps)
            for number in range(question.seeds)
        ]

    def scenes(rate_pps: int) -> list[Scenario]:
        return [
            question.model.scene([(_RATE, str(rate_pps)), ("datapath", name)]) for name in datapaths
        ]

    return points


def _point(question: Question, scenario: Scenario, calibration: Calibration) -> Point:
    if question.asked is not Asked.THROUGHPUT:
        return Point(scenario, calibration, *marks(scenario, question.model.until))
    traffic = replace(scenario.traffic, frames=question.model.until.frames)
    return Point(replace(scenario, traffic=traffic), calibration, BEGIN, END)
