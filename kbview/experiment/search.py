"""A search over the offered rate: it asks for rates, sees the results, and ends with an answer.

Searches of several datapaths run in step: the points that they ask for at a time are measured together.
"""

from collections.abc import Callable, Generator, Sequence
from math import floor
from typing import TypeVar

import msgspec

from kbview.emulator.hardware.cable import line_rate_pps
from kbview.emulator.keys import ScenarioError
from kbview.emulator.scenario import Scenario
from kbview.experiment.point import Point, Result
from kbview.experiment.run import Runner
from kbview.experiment.stretch import open_loop

Answer = TypeVar("Answer")
Results = tuple[Result, ...]
Steps = Generator[Sequence[int], Sequence[Results], Answer]
SPAN = 10_000  # the lowest rate of a search is the highest divided by this


class Search(msgspec.Struct, frozen=True):
    """`points` makes the points of a rate in frames a second, `steps` decides on the next rates."""

    points: Callable[[int], Sequence[Point]]
    steps: Steps[object]


def together(searches: Sequence[Search], runner: Runner) -> list[object]:
    """The answer of each search, in their order. Runner.run says which errors."""
    answers: dict[int, object] = {}
    wanted = {place: next(search.steps) for place, search in enumerate(searches)}
    while wanted:
        made = {
            place: [searches[place].points(rate) for rate in rates] for place, rates in wanted.items()
        }
        flat = [point for each in made.values() for points in each for point in points]
        results = iter(runner.run(flat))
        seen = {
            place: [tuple(next(results) for _ in points) for points in each]
            for place, each in made.items()
        }
        wanted = {}
        for place, told in seen.items():
            try:
                wanted[place] = searches[place].steps.send(told)
            except StopIteration as end:
                answers[place] = end.value
    return [answers[place] for place in range(len(searches))]


def top_rate(scenario: Scenario) -> int:
    """The highest rate that can be offered, frames a second: that of the link, or of a burst.

    Errors: ScenarioError where no rate is offered, or where a flood is offered beside it.
    """
    traffic = scenario.traffic
    if not open_loop(scenario):
        reason = (
            'app = "generate" receives nothing'
            if scenario.settings.app == "generate"
            else f'pattern = "{traffic.pattern}" waits for answers'
        )
        raise ScenarioError(f"{scenario.name}: {reason}, so there is no offered rate to search")
    if scenario.flood is not None:
        raise ScenarioError(f"{scenario.name}: it has a flood; find varies the rate of one stream only")
    line_pps = line_rate_pps(traffic.mean_length, scenario.settings.link_gbps)
    return floor(min(line_pps, traffic.peak_pps or line_pps, 1e9))


def spread(low: int, high: int, count: int) -> list[int]:
    """`count` whole rates from low to high with equal ratios, each once."""
    ratio = high / low
    rates = [round(low * ratio ** (number / (count - 1))) for number in range(count)]
    return list(dict.fromkeys([low, *rates[1:-1], high]))
