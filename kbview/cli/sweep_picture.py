"""A sweep as SVG or PNG, drawn by matplotlib, which is an optional extra."""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from kbview.cli.sweep_origin import compared, conditions, title
from kbview.cli.sweep_series import Series, amount, logarithmic, series
from kbview.experiment.extra import missing
from kbview.tape.source import SourceError
from kbview.ui.characters import clean

if TYPE_CHECKING:
    from kbview.experiment.figure import Figure
    from kbview.experiment.sweep import Sweep, SweepRow

_INCHES = (8.0, 3.2)  # of one figure
_LINE_INCHES = 0.17  # of a line above the figures
_TITLE_WIDTH = 100  # characters of such a line
_MARKERS = "osv^D*Pp<>"  # curves differ in print as well
_WORD_MARGIN = 0.2  # of the axis beside the first and the last word
_DIGITS = 4
# The same file each time, text as text, and no formulas in names.
_STYLE = {"svg.hashsalt": "kbview", "svg.fonttype": "none", "text.parse_math": False}


def check(paths: Sequence[str], *, force: bool) -> None:
    """Refuse before anything is measured: SourceError without matplotlib, or for a file's name.

    A name is refused if its file exists and `force` is not set, if it is a folder, if no file can be
    made in its folder, and if both pictures have the same name.
    """
    if paths and find_spec("matplotlib") is None:
        raise SourceError(missing("a picture", "matplotlib"), 2)
    for path in paths:
        if not path or Path(path).is_dir():
            raise SourceError(f"{path or 'an empty name'}: name a file for the picture", 2)
        if not force and Path(path).exists():
            raise SourceError(f"{path}: exists; name another file, or --force to write over it", 2)
        if not Path(path).parent.is_dir():
            raise SourceError(f"{path}: there is no such folder", 2)
        if not os.access(Path(path).parent, os.W_OK):
            raise SourceError(f"{path}: its folder cannot be written to; name another", 2)
    if len({Path(path).resolve() for path in paths}) < len(paths):
        raise SourceError(f"{paths[0]}: --svg and --png have the same name; name two files", 2)


def draw(
    sweep: "Sweep", rows: "Sequence[SweepRow]", figures: "Sequence[Figure]", path: Path, kind: str
) -> None:
    """Write the picture; SourceError if the file cannot be written."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    heads = _heads(sweep, rows)
    with mpl.rc_context(_STYLE):
        height = _INCHES[1] * len(figures) + _LINE_INCHES * len(heads)
        canvas = Canvas(figsize=(_INCHES[0], height), layout="constrained")
        FigureCanvasAgg(canvas)
        canvas.suptitle("\n".join(heads), fontsize="medium")
        for figure, axes in zip(figures, canvas.subplots(len(figures), 1, squeeze=False), strict=True):
            _draw(axes[0], sweep, rows, figure)
        beside = path.with_name(path.name + ".part")
        try:
            canvas.savefig(beside, format=kind, metadata={"Date": None} if kind == "svg" else {})
            os.replace(beside, path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise SourceError(f"{path}: cannot be written: {error.strerror}", 1) from error


def _heads(sweep: "Sweep", rows: "Sequence[SweepRow]") -> list[str]:
    """The origin, the conditions of the runs, and the meaning of the marks, in lines that fit."""
    lines = [title(sweep), *conditions(sweep, rows), *compared(sweep)]
    return [part for line in lines for part in wrap(clean(line), _TITLE_WIDTH)]


def _draw(axes: Any, sweep: "Sweep", rows: "Sequence[SweepRow]", figure: "Figure") -> None:
    """One figure against the first axis, with bars for the confidence intervals."""
    axis = sweep.axes[0]
    for number, each in enumerate(series(sweep, rows, figure)):
        _curve(axes, each, _MARKERS[number % len(_MARKERS)], joined=axis.numeric)
    if axis.numeric:
        _number(axes, logarithmic=logarithmic(sweep))
    else:
        axes.set_xticks(range(len(axis.values)), [clean(str(value)) for value in axis.values])
        axes.margins(x=_WORD_MARGIN)
    axes.yaxis.set_major_formatter(_told)
    axes.set_ylim(bottom=0)  # no figure is negative, and a small change looks small
    axes.set_xlabel(axis.title)
    axes.set_ylabel(figure.title)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()


def _number(axes: Any, *, logarithmic: bool) -> None:
    """Write the numbers on the x axis; on a logarithmic one at 1, 2 and 5 of each power of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter

    if logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(_told)


def _told(value: float, _place: int | None = None) -> str:
    """A number on an axis."""
    return amount(value, _DIGITS)


def _curve(axes: Any, each: Series, marker: str, *, joined: bool) -> None:
    """The known points with their bars; a line joins them if `joined`."""
    known = [
        (at, estimate.mean, estimate.half or 0.0)
        for at, estimate in zip(each.at, each.estimates, strict=True)
        if estimate.mean is not None
    ]
    at, means, halves = zip(*known, strict=True) if known else ((), (), ())
    bars = halves if any(halves) else None
    style = "-" if joined else ""
    axes.errorbar(
        at, means, yerr=bars, marker=marker, ls=style, ms=4, capsize=2, label=clean(each.label)
    )
