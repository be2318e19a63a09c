"""Curves in characters: the plots of `kbview sweep --plot` and of the Sweep screen."""

from collections.abc import Sequence
from math import log

import msgspec

from kbview.cli.sweep_series import Series, amount
from kbview.experiment.axis import Axis
from kbview.ui.characters import clean

MARKS = "oxv@%&=$~abcdefghijklmnpqrstuwyz"  # of the first curve, the second and so on
HERE = "#"
_TICK = 12  # columns that a number on the x axis takes with the gap after it
_FRAME = 8  # columns of the frame and of the numbers on the y axis
_DIGITS = 4
_GAPS = 4  # between the numbers on the y axis


class Plot(msgspec.Struct, frozen=True):
    """The room of a plot in cells, its title, and a point beside the curves, None for none."""

    width: int
    height: int
    title: str
    here: tuple[float, float] | None = None


def legend(curves: Sequence[Series], width: int) -> list[str]:
    """The mark of each curve with its name, in lines of that width."""
    lines = [""]
    for number, each in enumerate(curves):
        named = f" {_mark(number)} {clean(each.label)}  "
        if lines[-1] and len(lines[-1]) + len(named.rstrip()) > width:
            lines.append("")
        lines[-1] += named
    return [line.rstrip() for line in lines]


def draw(plot: Plot, axis: Axis, curves: Sequence[Series], *, logarithmic: bool) -> str:
    """The plot as text without colours; points whose figure is unknown are left out.

    Lines join the points of numbers. Between words there is nothing, so their points stand alone.
    """
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(plot.width, plot.height)
    ends = [0.0, len(axis.values) - 1.0]
    if axis.numeric:
        ends = [min(map(float, axis.values)), max(map(float, axis.values))]
    plotext.scatter(ends, [0, 0], marker=" ")  # unseen: the axis is whole from the first point on
    join = plotext.plot if axis.numeric else plotext.scatter
    drawn = [_known(each) for each in curves]
    for number, points in enumerate(drawn):
        if points:
            join(*map(list, zip(*points, strict=True)), marker=_mark(number))
    if plot.here is not None:
        drawn.append([plot.here])
        plotext.scatter([plot.here[0]], [plot.here[1]], marker=HERE)
    heights = _even([height for points in drawn for _, height in points])
    plotext.ylim(heights[0], heights[-1] or 1)
    plotext.yticks(heights, [amount(height, _DIGITS - 1) for height in heights])
    plotext.xticks(*_ticks(axis, plot.width, logarithmic=logarithmic))
    if logarithmic:
        plotext.xscale("log")
    if plot.title:
        plotext.title(clean(plot.title))
    plotext.xlabel(axis.title)
    return str(plotext.uncolorize(plotext.build()))


def _mark(number: int) -> str:
    return MARKS[number % len(MARKS)]


def _ticks(axis: Axis, width: int, *, logarithmic: bool) -> tuple[list[float], list[str]]:
    """Values of the axis with room between them: their places on it, and their names."""
    if not axis.numeric:
        places = [float(place) for place in range(len(axis.values))]
        return places, [clean(str(value)) for value in axis.values]
    values = sorted(float(value) for value in axis.values)
    scaled = [log(value) for value in values] if logarithmic else values
    gap = (scaled[-1] - scaled[0]) * _TICK / max(width - _FRAME, _TICK)
    kept: list[int] = []
    for at, place in enumerate(scaled):
        if not kept or place >= scaled[kept[-1]] + gap:
            kept.append(at)
    return [values[at] for at in kept], [amount(values[at], _DIGITS) for at in kept]


def _known(curve: Series) -> list[tuple[float, float]]:
    points = zip(curve.at, curve.estimates, strict=True)
    return [(at, estimate.mean) for at, estimate in points if estimate.mean is not None]


def _even(heights: Sequence[float]) -> list[float]:
    """A few heights at even distances up to the highest, from 0: a small change looks small."""
    least, most = min(0, *heights), max(0, *heights)
    return [least + (most - least) * part / _GAPS for part in range(_GAPS + 1)]
