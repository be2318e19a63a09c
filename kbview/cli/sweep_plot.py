"""Curves in characters: the plots of `kbview sweep --plot` and of the Sweep screen."""

from collections.abc import Sequence

import msgspec

from kbview.cli.sweep_series import Series, amount
from kbview.experiment.axis import Axis
from kbview.ui.characters import clean

MARKS = "ox+*@%&"  # of the first curve, the second and so on
HERE = "#"
_MOST_TICKS = 7
_TICK = 12  # columns that a number on the x axis takes with the gap after it
_DIGITS = 4
_GAPS = 4  # between the numbers on the y axis


class Plot(msgspec.Struct, frozen=True):
    """The room of a plot in cells, its title, and a point beside the curves, None for none.

    `legend`: whether the names of the curves stand in the plot.
    """

    width: int
    height: int
    title: str
    here: tuple[float, float] | None = None
    legend: bool = True


def draw(plot: Plot, axis: Axis, curves: Sequence[Series], *, logarithmic: bool) -> str:
    """The plot as text without colours; points whose figure is unknown are left out."""
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(plot.width, plot.height)
    if (
        axis.numeric
    ):  # an unseen mark at each end: the axis has its whole length from the first point on
        numbers = [float(value) for value in axis.values]
        plotext.scatter([min(numbers), max(numbers)], [0, 0], marker=" ")
    drawn = [_known(each) for each in curves]
    for number, (each, points) in enumerate(zip(curves, drawn, strict=True)):
        if points:
            marker = MARKS[number % len(MARKS)]
            label = clean(each.label) if plot.legend else None
            plotext.plot(*map(list, zip(*points, strict=True)), label=label, marker=marker)
    if plot.here is not None:
        drawn.append([plot.here])
        plotext.scatter([plot.here[0]], [plot.here[1]], marker=HERE)
    heights = _even([height for points in drawn for _, height in points])
    plotext.ylim(heights[0], heights[-1] or 1)
    plotext.yticks(heights, [amount(height, _DIGITS - 1) for height in heights])
    shown = axis.values[:: len(axis.values) // min(_MOST_TICKS, max(1, plot.width // _TICK)) + 1]
    if not axis.numeric:
        plotext.xticks(list(range(len(axis.values))), [clean(str(value)) for value in axis.values])
    if logarithmic:
        plotext.xscale("log")
        plotext.xticks(list(shown), [amount(value, _DIGITS) for value in shown])
    if plot.title:
        plotext.title(clean(plot.title))
    plotext.xlabel(axis.title)
    return str(plotext.uncolorize(plotext.build()))


def _known(curve: Series) -> list[tuple[float, float]]:
    points = zip(curve.at, curve.estimates, strict=True)
    return [(at, estimate.mean) for at, estimate in points if estimate.mean is not None]


def _even(heights: Sequence[float]) -> list[float]:
    """A few heights at even distances up to the highest, from 0: a small change looks small."""
    least, most = min(0, *heights), max(0, *heights)
    return [least + (most - least) * part / _GAPS for part in range(_GAPS + 1)]
