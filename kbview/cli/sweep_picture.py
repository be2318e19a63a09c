"""A sweep as SVG or PNG, drawn by matplotlib, which is an optional extra."""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbview.cli.sweep_series import Series, logarithmic, series, title
from kbview.experiment.extra import missing
from kbview.tape.source import SourceError
from kbview.ui.characters import clean

if TYPE_CHECKING:
    from kbview.experiment.figure import Figure
    from kbview.experiment.sweep import Sweep, SweepRow

_INCHES = (8.0, 3.2)  # of one figure
# The same file each time, text as text, and no formulas in names.
_STYLE = {"svg.hashsalt": "kbview", "svg.fonttype": "none", "text.parse_math": False}


def check(paths: Sequence[str], *, force: bool) -> None:
    """Refuse before anything is measured: SourceError without matplotlib, or if a file exists."""
    if paths and find_spec("matplotlib") is None:
        raise SourceError(missing("a picture", "matplotlib"), 2)
    for path in paths:
        if not force and Path(path).exists():
            raise SourceError(f"{path}: exists; name another file, or --force to write over it", 2)
        if not Path(path).parent.is_dir():
            raise SourceError(f"{path}: there is no such folder", 2)


def draw(
    sweep: "Sweep", rows: "Sequence[SweepRow]", figures: "Sequence[Figure]", path: Path, kind: str
) -> None:
    """Write the picture; SourceError if the file cannot be written."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    with mpl.rc_context(_STYLE):
        canvas = Canvas(figsize=(_INCHES[0], _INCHES[1] * len(figures)), layout="constrained")
        FigureCanvasAgg(canvas)
        canvas.suptitle(clean(title(sweep)))
        for figure, axes in zip(figures, canvas.subplots(len(figures), 1, squeeze=False), strict=True):
            _draw(axes[0], sweep, rows, figure)
        beside = path.with_name(path.name + ".part")
        try:
            canvas.savefig(beside, format=kind, metadata={"Date": None} if kind == "svg" else {})
            os.replace(beside, path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise SourceError(f"{path}: cannot be written: {error.strerror}", 1) from error


def _draw(axes: Any, sweep: "Sweep", rows: "Sequence[SweepRow]", figure: "Figure") -> None:
    """One figure against the first axis, with bars for the confidence intervals."""
    axis = sweep.axes[0]
    for each in series(sweep, rows, figure):
        _curve(axes, each)
    if not axis.numeric:
        axes.set_xticks(range(len(axis.values)), [clean(str(value)) for value in axis.values])
    elif logarithmic(sweep):
        axes.set_xscale("log")
    axes.set_xlabel(axis.title)
    axes.set_ylabel(figure.title)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()


def _curve(axes: Any, each: Series) -> None:
    known = [
        (at, estimate.mean, estimate.half or 0.0)
        for at, estimate in zip(each.at, each.estimates, strict=True)
        if estimate.mean is not None
    ]
    at, means, halves = zip(*known, strict=True) if known else ((), (), ())
    bars = halves if any(halves) else None
    axes.errorbar(at, means, yerr=bars, marker="o", markersize=3, capsize=2, label=clean(each.label))
