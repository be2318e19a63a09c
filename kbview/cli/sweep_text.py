"""A sweep for people: tables of 80 columns, and curves in characters."""

from collections.abc import Sequence
from textwrap import fill

from kbview.cli.paper import say
from kbview.cli.sweep_origin import compared, conditions, title
from kbview.cli.sweep_plot import Plot, draw, legend
from kbview.cli.sweep_series import amount, logarithmic, marked, series
from kbview.experiment.figure import Figure
from kbview.experiment.student import Estimate
from kbview.experiment.sweep import Sweep, SweepRow
from kbview.ui.characters import clean

WIDTH = 80
_GAP = "  "
_DIGITS = 4
_HEIGHT = 18


def print_table(sweep: Sweep, rows: Sequence[SweepRow], figures: Sequence[Figure]) -> None:
    """The origin, as many tables side by side as 80 columns take, and the definitions."""
    say(clean(title(sweep)))
    for line in conditions(sweep, rows):
        say(fill(clean(line), WIDTH))
    heads = [[axis.key, *(amount(row.trial.values[at]) for row in rows)]
             for at, axis in enumerate(sweep.axes)]  # fmt: skip
    heads.append(["datapath", *(marked(row.trial.datapath) for row in rows)])
    columns = [
        [figure.name, figure.unit, *(_cell(row.estimate(figure)) for row in rows)] for figure in figures
    ]
    for each in heads:
        each.insert(1, "")
    for at, axis in enumerate(sweep.axes):
        heads[at][1] = axis.unit
    for part in _fitting(heads, columns):
        say()
        _print_columns(heads, part)
    say()
    for figure in figures:
        say(fill(f"{figure.name}: {figure.meaning}", WIDTH, subsequent_indent="    "))
    for line in compared(sweep):
        say(fill(line, WIDTH, subsequent_indent="    "))


def _cell(estimate: Estimate) -> str:
    if estimate.mean is None:
        return "-"
    text = amount(estimate.mean, _DIGITS)
    return text if estimate.half is None else f"{text} ±{amount(estimate.half, 2)}"


def _fitting(heads: list[list[str]], columns: list[list[str]]) -> list[list[list[str]]]:
    """The columns in groups, each of which fits beside the heads; a group has one column at least."""
    taken = sum(_width(column) + len(_GAP) for column in heads)
    parts: list[list[list[str]]] = []
    room = 0
    for column in columns:
        width = _width(column) + len(_GAP)
        if not parts or width > room:
            parts.append([])
            room = WIDTH - taken
        parts[-1].append(column)
        room -= width
    return parts


def _width(column: Sequence[str]) -> int:
    return max(map(len, column))


def _print_columns(heads: list[list[str]], columns: list[list[str]]) -> None:
    *numbers, names = heads
    whole = [
        *((column, True) for column in numbers),
        (names, False),
        *((each, True) for each in columns),
    ]
    for cells in zip(*(column for column, _ in whole), strict=True):
        padded = [
            cell.rjust(_width(column)) if right else cell.ljust(_width(column))
            for cell, (column, right) in zip(cells, whole, strict=True)
        ]
        say(clean(_GAP.join(padded).rstrip()))


def print_plots(sweep: Sweep, rows: Sequence[SweepRow], figures: Sequence[Figure]) -> None:
    """Each figure against the first axis, drawn in characters."""
    for figure in figures:
        title = f"{figure.title}, emulated, costs of {rows[0].trial.profile}"
        curves = series(sweep, rows, figure)
        say()
        for line in legend(curves, WIDTH):
            say(line)
        say(draw(Plot(WIDTH, _HEIGHT, title), sweep.axes[0], curves, logarithmic=logarithmic(sweep)))
