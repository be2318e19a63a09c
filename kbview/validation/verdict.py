"""Verdicts: published beside emulated, point by point, and what that is worth."""

from collections.abc import Callable, Mapping

import msgspec

from kbview.validation.target import Claim, Curve, Role, Target

Measured = Mapping[tuple[str, int], float]  # by curve and place


class VerdictRow(msgspec.Struct, frozen=True):
    """One point or claim. `explained`: its target says why it lies outside."""

    target: str
    curve: str
    at: float | None
    role: Role
    published: float | None
    emulated: float
    low: float | None
    high: float | None
    inside: bool
    text: str = ""
    explained: bool = False

    @property
    def expected(self) -> bool:
        """Whether it is inside, or outside with a reason; a reason for a row inside is out of date."""
        return self.inside is not self.explained

    @property
    def to_fail(self) -> float | None:
        """The least relative change of the emulated value that changes the verdict.

        None where no change does: the value is zero, or it has a single bound that it cannot reach.
        """
        if not self.emulated:
            return None
        bounds = [bound for bound in (self.low, self.high) if bound is not None]
        changes = [bound / self.emulated - 1 for bound in bounds if bound / self.emulated > 0]
        return min(changes, key=abs, default=None)

    @property
    def error(self) -> float | None:
        """(emulated - published) / published; None where nothing single was published."""
        return (self.emulated - self.published) / self.published if self.published else None


def rows(target: Target, measured: Measured) -> list[VerdictRow]:
    """All points of which a number was published, then all claims."""
    found = [
        _point(target, curve, place, measured[curve.name, place])
        for curve in target.curves
        if curve.published
        for place in range(len(curve.at))
        if curve.at[place] not in curve.claimed
    ]
    by_name = {
        f"{curve.name}@{at:g}": measured[curve.name, place]
        for curve in target.curves
        for place, at in enumerate(curve.at)
    }
    return found + [_claim(target, claim, by_name.__getitem__) for claim in target.claims]


def _point(target: Target, curve: Curve, place: int, emulated: float) -> VerdictRow:
    low, high = curve.bounds(place)
    return VerdictRow(
        target=target.id,
        curve=curve.name,
        at=curve.at[place],
        role=curve.role_of(place),
        published=curve.published[place],
        emulated=emulated,
        low=low,
        high=high,
        inside=low <= emulated <= high,
        explained=target.gap_of(curve.name, curve.at[place], "") is not None,
    )


def _claim(target: Target, claim: Claim, value_of: Callable[[str], float]) -> VerdictRow:
    values = [value_of(name) for name in claim.over]
    ratio = values[0] / (values[1] or 1e-12) if len(values) > 1 else values[0]
    low, high = claim.at_least, claim.at_most
    inside = (low is None or ratio >= low) and (high is None or ratio <= high)
    return VerdictRow(
        target=target.id,
        curve="",
        at=None,
        role=claim.role,
        published=claim.published,
        emulated=ratio,
        low=low,
        high=high,
        inside=inside,
        text=claim.text,
        explained=target.gap_of("", None, claim.text) is not None,
    )


def reproduced(target: Target, found: list[VerdictRow]) -> bool:
    """Whether something was held out, and all of it, and all that it stands on, lies inside."""
    own = [row for row in found if row.target == target.id]
    return any(row.role is Role.HELD_OUT for row in own) and all(row.inside for row in own)
