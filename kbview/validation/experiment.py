"""An experiment: one point of a target, emulated. Warm up, then measure a stretch of steady state."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from kbview.emulator.cost import Calibration
from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import US_PS
from kbview.emulator.scenario import SYNTHETIC_HOST, Scenario, override
from kbview.sources.emulated import profile
from kbview.tape.meter import Meters
from kbview.validation.growth import growth
from kbview.validation.quantity import QUANTITIES
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


def measure(target: Target, curve: Curve, place: int) -> float:
    """The emulated value of one point, in the unit of the curve's quantity."""
    chosen = keys(target, curve, place)
    made = scenario(f"{target.id} {curve.name}", chosen)
    meters, duration_ps = steady(
        made, round(chosen["warmup_us"] * US_PS), round(chosen["duration_us"] * US_PS)
    )
    return QUANTITIES[curve.quantity](meters, duration_ps)


def steady(made: Scenario, warmup_ps: int, duration_ps: int) -> tuple[Meters, int]:
    """The growth of every meter over a stretch after the warm-up, and how long that stretch was."""
    emulation = Emulation(
        _profile(made.profile),
        made.settings,
        SYNTHETIC_HOST,
        made.chunks(),
        made.datapath,
        made.peer(),
    )
    began_ps = emulation.advance(warmup_ps)
    before = emulation.sample().meters
    ended_ps = emulation.advance(warmup_ps + duration_ps)
    return growth(emulation.sample().meters, before), ended_ps - began_ps
