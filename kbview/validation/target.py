"""A target: one published result, as curves of points and claims about them.

curve   a quantity against one setting, point by point, each within a tolerance
claim   a ratio of two points with bounds: an order, a collapse, a factor, a plateau
"""

import tomllib
from enum import StrEnum
from importlib.resources import files
from typing import Any

import msgspec

from kbview.emulator.cost import Confidence

_FOLDER = files("kbview") / "targets"


class Role(StrEnum):
    """The worth of a point: only a held-out point is a reproduction."""

    FITTED = "fitted"
    DERIVED = "derived"
    HELD_OUT = "held-out"


class Curve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points of one `quantity` (validation/quantity.py) against the scenario key `x`.

    `role` holds for all points, or `roles` has one for each. `tolerance` is relative to the published
    value; `factor`, where given instead, allows that many times more or less. `set` overrides scenario
    keys for all points, `also` for single ones, by their place. Where nothing is `published` of single
    points, claims speak of them. `claimed` are the x of published points that are a shape only: they
    have no tolerance, and a claim says all that was published of them.
    """

    name: str
    quantity: str
    at: tuple[float, ...]
    published: tuple[float, ...] = ()
    x: str = ""
    role: Role | None = None
    roles: tuple[Role, ...] = ()
    tolerance: float = 0.1
    tolerances: tuple[float, ...] = ()
    factor: float | None = None
    set: dict[str, Any] = {}
    also: tuple[dict[str, Any], ...] = ()
    claimed: tuple[float, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        for name, values in (("published", self.published), ("roles", self.roles)):
            if values and len(values) != len(self.at):
                raise ValueError(f"curve {self.name}: {len(values)} {name} for {len(self.at)} points")
        if self.published and self.role is None and not self.roles:
            raise ValueError(f"curve {self.name}: say role or roles")

    def role_of(self, place: int) -> Role:
        """The role of a point."""
        return self.roles[place] if self.roles else self.role or Role.HELD_OUT

    def bounds(self, place: int) -> tuple[float, float]:
        """The least and the greatest emulated value that counts as inside."""
        published = self.published[place]
        if self.factor is not None:
            return published / self.factor, published * self.factor
        allowed = self.tolerances[place] if self.tolerances else self.tolerance
        return published - abs(published) * allowed, published + abs(published) * allowed


class KnownGap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points of a curve, or a claim, that lie outside, and the reason.

    `at` are the points of `curve`; a gap of a claim names its text in `claim`. `reason` is the missing
    mechanism as far as is known, `tried` the attempts with their results, `source` the evidence.
    """

    reason: str
    tried: str
    source: str
    curve: str = ""
    at: tuple[float, ...] = ()
    claim: str = ""


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ratio of two points named "curve@at", within bounds; `over` of one point is the point."""

    text: str
    over: tuple[str, ...]
    role: Role
    at_least: float | None = None
    at_most: float | None = None
    published: float | None = None


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One published result. `omitted` says why where the model cannot express it.

    `gaps` are the points and claims that lie outside.
    """

    id: str
    title: str
    mechanism: str
    source: str
    provenance: Confidence
    profile: str = "xdp18"
    datapath: str = "kernel"
    warmup_us: float = 200.0
    duration_us: float = 1000.0
    set: dict[str, Any] = {}
    curves: tuple[Curve, ...] = ()
    claims: tuple[Claim, ...] = ()
    gaps: tuple[KnownGap, ...] = ()
    x_label: str = ""
    y_label: str = ""
    note: str = ""
    omitted: str = ""

    def gap_of(self, curve: str, at: float | None, claim: str) -> KnownGap | None:
        """The entry that says why a point or a claim lies outside; None without an entry."""
        for gap in self.gaps:
            if (claim and gap.claim == claim) or (not claim and gap.curve == curve and at in gap.at):
                return gap
        return None


def targets() -> list[Target]:
    """All of them, in the order of their numbers."""
    entries = (entry for entry in _FOLDER.iterdir() if entry.name.endswith(".toml"))
    found = [
        msgspec.convert(tomllib.loads(entry.read_text(encoding="utf-8")), Target) for entry in entries
    ]
    return sorted(found, key=lambda target: int(target.id.lstrip("T")))
