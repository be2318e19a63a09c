"""A point of an experiment, and the pure function that measures it."""

import hashlib
from dataclasses import fields
from difflib import get_close_matches

import msgspec

from kbview.emulator.cost import Calibration
from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import US_PS
from kbview.emulator.keys import ScenarioError, quoted
from kbview.emulator.scenario import SYNTHETIC_HOST, Scenario
from kbview.emulator.traffic_description import TCP
from kbview.experiment.figure import lost
from kbview.experiment.growth import growth
from kbview.experiment.program import identity
from kbview.tape.meter import Meters

_SLICE_PS = 100 * US_PS  # between two looks at the number of frames
_LONGEST_PS = 3_600 * 10**12  # an hour without the awaited frames ends a run
_UNKEYED = ("name", "summary")  # change no result


class Mark(msgspec.Struct, frozen=True):
    """A moment of a run: a time, a number of frames that arrived or were sent, or the run's end.

    The run's end is the moment when the traffic has ended and no frame is in flight. With `lossless`
    the first lost frame ends a run as well, found within 100 us.
    """

    time_ps: int | None = None
    frames: int | None = None
    lossless: bool = False


class Point(msgspec.Struct, frozen=True):
    """One run of the emulator, measured from `begin` to `end`. It can be pickled and sent elsewhere.

    The scenario has its overrides, datapath and seed; the calibration is that of its profile.
    """

    scenario: Scenario
    calibration: Calibration
    begin: Mark
    end: Mark

    def key(self) -> str:
        """A hash of the program and of all that the result depends on; equal points have equal keys."""
        names = [field.name for field in fields(self.scenario) if field.name not in _UNKEYED]
        chosen = {name: getattr(self.scenario, name) for name in names}
        whole = (identity(), chosen, self.calibration, self.begin, self.end)
        return hashlib.sha256(msgspec.json.encode(whole, order="deterministic")).hexdigest()[:32]


class Result(msgspec.Struct, frozen=True):
    """The growth of every meter between a point's two marks, and the time between them.

    The time is 0 if the traffic ended before the first mark.
    """

    meters: Meters
    duration_ps: int


def check(scenario: Scenario) -> None:
    """Refuse a datapath that cannot serve the scenario: ScenarioError with one line."""
    name = scenario.datapath
    kind = DATAPATHS.get(name)
    if kind is None:
        close = get_close_matches(name[:60], DATAPATHS, 1)
        hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(DATAPATHS)}"
        raise ScenarioError(f"datapath {quoted(name)} is unknown; {hint}")
    scenario.check(name)
    kind.check(scenario.settings)
    if scenario.traffic.pattern == TCP and not kind.speaks_tcp:
        able = ", ".join(each.name for each in DATAPATHS.values() if each.speaks_tcp)
        raise ScenarioError(f"datapath {name} speaks no TCP; use {able}")


def measure(point: Point) -> Result:
    """Emulate a point. Equal points give equal results, in any process and on any machine.

    Errors: ScenarioError for a scenario that its datapath cannot serve, UnpricedStepError for a step
    that the calibration has no cost for.
    """
    scenario = point.scenario
    emulation = Emulation(
        point.calibration,
        scenario.settings,
        SYNTHETIC_HOST,
        scenario.chunks(),
        scenario.datapath,
        scenario.peer(),
    )
    _reach(emulation, point.begin)
    began_ps, before = emulation.now_ps, emulation.sample().meters
    _reach(emulation, point.end)
    return Result(growth(emulation.sample().meters, before), emulation.now_ps - began_ps)


def _reach(emulation: Emulation, mark: Mark) -> None:
    if mark.time_ps is not None:
        emulation.advance(mark.time_ps)
        return
    while not emulation.ended and not _met(emulation, mark):
        if emulation.now_ps >= _LONGEST_PS:
            return
        next_ps = max(emulation.now_ps + _SLICE_PS, emulation.due_ps)
        emulation.advance(min(next_ps, _LONGEST_PS))


def _met(emulation: Emulation, mark: Mark) -> bool:
    if mark.frames is None and not mark.lossless:
        return False
    meters = emulation.sample().meters
    if mark.lossless and lost(meters):
        return True
    return mark.frames is not None and max(meters.arrived, meters.sent) >= mark.frames
