"""The stretch of a run that is measured, and traffic that lasts for all of it."""

from collections.abc import Collection
from dataclasses import replace

import msgspec

from kbview.emulator.keys import ScenarioError
from kbview.emulator.scenario import Scenario
from kbview.emulator.traffic_description import CLOSED
from kbview.experiment.point import Mark

USUAL_FRAMES = 20_000
WARM_UP = 5  # one part in so many of a run is not measured
_LONGEST_PS = 3_600 * 10**12
_ENDS = frozenset({"frames", "connections"})


class RunLength(msgspec.Struct, frozen=True):
    """The length of each run: a time, or a number of frames; the other is None."""

    time_ps: int | None = None
    frames: int | None = USUAL_FRAMES

    @property
    def text(self) -> str:
        """The length in words."""
        if self.time_ps is not None:
            return f"{self.time_ps / 1e9:g} ms"
        return f"{self.frames or 0:,} frame{'s' * (self.frames != 1)}"


def open_loop(scenario: Scenario) -> bool:
    """Whether the scenario has an offered rate: frames arrive whether or not the host keeps up."""
    return scenario.traffic.pattern not in CLOSED and scenario.settings.app != "generate"


def endless(scenario: Scenario, named: Collection[str]) -> Scenario:
    """The scenario without the ends of its traffic, unless `named` has a key that sets an end."""
    if _ENDS & {name.rpartition(".")[2] for name in named}:
        return scenario
    flood = scenario.flood and replace(scenario.flood, frames=None)
    traffic = replace(scenario.traffic, frames=None, connections=None)
    return replace(scenario, traffic=traffic, flood=flood)


def marks(scenario: Scenario, until: RunLength) -> tuple[Mark, Mark]:
    """The begin and the end of the measured stretch; the first fifth of a run is warm-up.

    Frames of an open loop become a time, at the mean rate of `traffic`. In a closed loop they are
    counted. Errors: ScenarioError for a run of more than an hour.
    """
    time_ps, frames = until.time_ps, until.frames
    if time_ps is None and frames is not None and open_loop(scenario):
        time_ps = round(frames * 1e12 / scenario.traffic.rate_pps)
        if time_ps > _LONGEST_PS:
            raise ScenarioError(
                f"{frames:,} frames at {scenario.traffic.rate_pps:g} frames/s last more than an hour; "
                "use --until with a time"
            )
    if time_ps is not None:
        return Mark(time_ps // WARM_UP), Mark(time_ps)
    count = frames or 0
    return Mark(frames=count // WARM_UP), Mark(frames=count)
