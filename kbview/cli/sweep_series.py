"""A sweep as curves: one for each datapath and each value of the second axis."""

from collections.abc import Sequence

import msgspec

from kbview.experiment.figure import Figure
from kbview.experiment.student import Estimate
from kbview.experiment.sweep import Sweep, SweepRow
from kbview.tape.handover import mark

_WIDE = 20  # a ratio of the ends beyond which an axis is logarithmic


class Series(msgspec.Struct, frozen=True):
    """A curve: its label, the places on the x axis, and an estimate at each."""

    label: str
    at: tuple[float, ...]
    estimates: tuple[Estimate, ...]


def series(sweep: Sweep, rows: Sequence[SweepRow], figure: Figure) -> list[Series]:
    """The curves of a figure, each from left to right.

    Words on the x axis stand at 0, 1, 2 ... in the order of the range.
    """
    first = sweep.axes[0]
    found: dict[str, list[tuple[float, Estimate]]] = {}
    for row in rows:
        value, *others = row.trial.values
        named = [f"{sweep.axes[1].key} {amount(each)}" for each in others]
        label = ", ".join([marked(row.trial.datapath), *named])
        at = float(value) if first.numeric else float(first.values.index(value))
        found.setdefault(label, []).append((at, row.estimate(figure)))
    return [
        Series(label, *_columns(sorted(points, key=lambda point: point[0])))
        for label, points in found.items()
    ]


def _columns(
    points: list[tuple[float, Estimate]],
) -> tuple[tuple[float, ...], tuple[Estimate, ...]]:
    return tuple(at for at, _ in points), tuple(each for _, each in points)


def marked(datapath: str) -> str:
    """The name with the mark of a datapath that does less than a stack, or has a stack beside it."""
    return datapath + mark(datapath)


def logarithmic(sweep: Sweep) -> bool:
    """Whether the x axis is to be logarithmic: numbers above 0 over a wide range."""
    values = [value for value in sweep.axes[0].values if not isinstance(value, str)]
    if len(values) < len(sweep.axes[0].values) or min(values) <= 0:
        return False
    return max(values) >= _WIDE * min(values)


def amount(value: float | str, digits: int = 6) -> str:
    """A number in few characters, with k, M or G from ten thousand on; a word as it is.

    All digits before the point are there, also beyond `digits`.
    """
    if isinstance(value, str):
        return value
    for factor, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= max(factor, 1e4):
            return f"{_short(value / factor, digits)}{suffix}"
    return _short(value, digits)


def _short(value: float, digits: int) -> str:
    return f"{value:.{digits}g}" if abs(value) < 10**digits - 0.5 else f"{value:.0f}"
