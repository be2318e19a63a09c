"""The targets that come with the program: complete, sourced, runnable."""

import pytest

from kbview.experiment.point import measure
from kbview.validation.campaign import value_of
from kbview.validation.point import asked, keys, scenario
from kbview.validation.quantity import QUANTITIES
from kbview.validation.target import Curve, Role, Target, targets

TARGETS = targets()
CURVES = [
    pytest.param(target, curve, id=f"{target.id}-{curve.name}")
    for target in TARGETS
    for curve in target.curves
]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.id)
def test_each_says_where_it_comes_from_or_why_it_is_left_out(target: Target) -> None:
    assert target.source.strip()
    assert target.mechanism.strip()
    assert bool(target.curves) != bool(target.omitted)
    names = [f"{curve.name}@{at:g}" for curve in target.curves for at in curve.at]
    assert len(set(names)) == len(names)
    for claim in target.claims:
        assert set(claim.over) <= set(names), claim.text
        assert claim.at_least is not None or claim.at_most is not None


@pytest.mark.parametrize(("target", "curve"), CURVES)
def test_every_point_is_a_scenario_that_can_be(target: Target, curve: Curve) -> None:
    assert curve.quantity in QUANTITIES
    for place in range(len(curve.at)):
        chosen = keys(target, curve, place)
        assert scenario(target.id, chosen).profile == chosen["profile"]
        assert curve.role_of(place) in Role


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.id)
def test_no_point_can_hardly_fail(target: Target) -> None:
    """A factor of two is the widest tolerance of a point, beside five points of percent."""
    for curve in target.curves:
        assert (curve.factor or 1) <= 2
        for place in range(len(curve.published)):
            low, high = curve.bounds(place)
            if curve.at[place] not in curve.claimed and "percent" not in curve.quantity and high:
                assert high / max(low, 1e-12) <= 4, (curve.name, curve.at[place])
    spoken = {point for claim in target.claims for point in claim.over}
    for curve in target.curves:
        for at in curve.claimed if curve.published else curve.at:
            assert f"{curve.name}@{at:g}" in spoken


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.id)
def test_each_gap_is_of_a_point_or_a_claim_and_says_why(target: Target) -> None:
    points = {(curve.name, at) for curve in target.curves for at in curve.at}
    claims = {claim.text for claim in target.claims}
    for gap in target.gaps:
        assert {(gap.curve, at) for at in gap.at} <= points
        assert bool(gap.at) != (gap.claim in claims)
        assert gap.reason
        assert gap.tried
        assert gap.source


def test_a_poll_mode_driver_is_always_busy() -> None:
    """T9's simplest curve, emulated: what `validate` does for all of them."""
    target = next(target for target in TARGETS if target.id == "T9")
    curve = next(curve for curve in target.curves if curve.name == "DPDK")
    assert value_of(curve, measure(asked(target, curve, 0))) == pytest.approx(100, abs=0.01)
