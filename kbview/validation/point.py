"""A point of a target: the scenario that it describes, a warm-up, and a stretch of steady state."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from kbview.emulator.cost import Calibration
from kbview.emulator.engine import US_PS
from kbview.emulator.scenario import Scenario, override
from kbview.experiment.point import Mark, Point
from kbview.sources.emulated import profile
from kbview.validation.target import Curve, Target

_OWN_KEYS = {"warmup_us", "duration_us"}


@cache
def _profile(name: str) -> Calibration:
    return profile.load(name)


def keys(target: Target, curve: Curve, place: int) -> dict[str, Any]:
    """The scenario keys of one point: the target's, the curve's, the point's, and its x."""
    chosen: dict[str, Any] = {"profile": target.profile, "datapath": target.datapath}
    chosen |= {"warmup_us": target.warmup_us, "duration_us": target.duration_us}
    chosen |= target.set | curve.set
    if curve.also:
        chosen |= curve.also[place]
    if curve.x:
        at = curve.at[place]
        chosen[curve.x] = int(at) if float(at).is_integer() else at
    return chosen


def scenario(name: str, chosen: Mapping[str, Any]) -> Scenario:
    """The scenario that these keys describe; ScenarioError when it cannot be."""
    bare = Scenario(name=name, summary="a point of a published result")
    # A scalar in JSON is one in TOML.
    return override(
        bare, [(key, json.dumps(value)) for key, value in chosen.items() if key not in _OWN_KEYS]
    )


def steady(made: Scenario, warmup_ps: int, duration_ps: int) -> Point:
    """A point that measures a stretch of a scenario behind a warm-up."""
    return Point(made, _profile(made.profile), Mark(warmup_ps), Mark(warmup_ps + duration_ps))


def asked(target: Target, curve: Curve, place: int) -> Point:
    """One point of a curve; ScenarioError when its scenario cannot be."""
    chosen = keys(target, curve, place)
    made = scenario(f"{target.id} {curve.name}", chosen)
    return steady(made, round(chosen["warmup_us"] * US_PS), round(chosen["duration_us"] * US_PS))
