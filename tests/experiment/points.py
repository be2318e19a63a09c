"""Small points for the tests of experiments: a few milliseconds of the default scenario."""

from dataclasses import replace

from kbview.emulator.engine import US_PS
from kbview.emulator.scenario import Scenario
from kbview.emulator.settings import Settings
from kbview.experiment.point import Mark, Point
from kbview.sources.emulated import profile

SCENARIO = Scenario("a point", "for tests")
CALIBRATION = profile.load(SCENARIO.profile)


def point(duration_us: int = 500, *, seed: int = 1, ring: int = 256) -> Point:
    """A million frames a second through the kernel, for `duration_us`."""
    made = replace(SCENARIO, seed=seed, settings=Settings(ring=ring))
    return Point(made, CALIBRATION, Mark(50 * US_PS), Mark((50 + duration_us) * US_PS))


def points(count: int, duration_us: int = 500) -> list[Point]:
    """Points that differ in their duration."""
    return [point(duration_us + number) for number in range(count)]
