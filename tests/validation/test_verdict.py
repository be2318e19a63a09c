"""Verdicts: what counts as inside, and what as a reproduction."""

import msgspec
import pytest

from kbview.emulator.cost import Confidence
from kbview.validation.target import Claim, Curve, KnownGap, Role, Target
from kbview.validation.verdict import reproduced, rows

CURVE = Curve(
    name="c",
    quantity="handled_mpps",
    at=(1, 2),
    published=(10, 20),
    roles=(Role.FITTED, Role.HELD_OUT),
    tolerance=0.1,
)


def target(curve: Curve = CURVE, *claims: Claim) -> Target:
    return Target("T0", "t", "m", "s", Confidence.VERIFIED, curves=(curve,), claims=claims)


def test_a_point_is_inside_up_to_its_tolerance_and_not_beyond() -> None:
    made = target()
    inside = rows(made, {("c", 0): 9.0, ("c", 1): 22.0})
    outside = rows(made, {("c", 0): 8.99, ("c", 1): 22.01})
    assert [row.inside for row in inside] == [True, True]
    assert [row.inside for row in outside] == [False, False]
    assert outside[1].error == pytest.approx(0.1005)


def test_a_factor_allows_as_much_below_as_above() -> None:
    made = target(msgspec.structs.replace(CURVE, factor=2.0))
    assert [row.inside for row in rows(made, {("c", 0): 5.0, ("c", 1): 40.1})] == [True, False]


def test_a_fitted_point_is_never_a_reproduction() -> None:
    fitted = target(msgspec.structs.replace(CURVE, roles=(), role=Role.FITTED))
    assert not reproduced(fitted, rows(fitted, {("c", 0): 10.0, ("c", 1): 20.0}))
    made = target()
    assert reproduced(made, rows(made, {("c", 0): 10.0, ("c", 1): 20.0}))
    assert not reproduced(made, rows(made, {("c", 0): 10.0, ("c", 1): 30.0}))
    assert not reproduced(made, rows(made, {("c", 0): 1.0, ("c", 1): 20.0})), "what it stands on is off"


def test_a_claim_is_a_ratio_of_points_within_bounds() -> None:
    claim = Claim("falls", ("c@2", "c@1"), Role.HELD_OUT, at_most=0.01)
    made = target(CURVE, claim)
    found = rows(made, {("c", 0): 10.0, ("c", 1): 0.2})[-1]
    assert found.emulated == pytest.approx(0.02)
    assert not found.inside


def test_a_row_says_how_much_it_takes_to_fail() -> None:
    found = rows(target(), {("c", 0): 10.0, ("c", 1): 21.0})
    assert [row.to_fail for row in found] == pytest.approx([-0.1, 1 / 21])


def test_a_point_outside_is_expected_where_its_target_says_why() -> None:
    gap = KnownGap("a missing mechanism", "another constant", "a table", curve="c", at=(2,))
    made = msgspec.structs.replace(target(), gaps=(gap,))
    outside, inside = ({("c", 0): 10.0, ("c", 1): value} for value in (30.0, 20.0))
    assert [row.expected for row in rows(made, outside)] == [True, True]
    assert [row.expected for row in rows(made, inside)] == [True, False]
    assert [row.expected for row in rows(target(), outside)] == [True, False]


def test_points_without_their_number_or_role_are_refused() -> None:
    with pytest.raises(ValueError, match="1 published for 2 points"):
        Curve(name="c", quantity="q", at=(1, 2), published=(1,), role=Role.FITTED)
    with pytest.raises(ValueError, match="role"):
        Curve(name="c", quantity="q", at=(1,), published=(1,))
