"""The sweeper of the screen: small sweeps of the open scenario, a point at a time in the background."""

from argparse import ArgumentTypeError
from collections.abc import Sequence
from typing import NamedTuple

from kbview.cli import quantity, span_text
from kbview.cli.sweep_plot import MARKS, Plot, draw
from kbview.cli.sweep_series import amount, logarithmic, series
from kbview.emulator.keys import DeclaredKey, ScenarioError
from kbview.emulator.scenario import reference
from kbview.experiment.axis import Axis, declared
from kbview.experiment.background import Background
from kbview.experiment.figure import figure_of
from kbview.experiment.growth import growth
from kbview.experiment.point import check
from kbview.experiment.pool import PointError
from kbview.experiment.stretch import open_loop
from kbview.experiment.sweep import Model, Sweep, SweepRow, design
from kbview.experiment.vicinity import vicinity
from kbview.sources.emulated.scenario import ScenarioSource
from kbview.state.interval import Interval
from kbview.tape.source import SourceError
from kbview.ui.row import Size
from kbview.ui.sweeper import Sweeper, SweepKey, SweepState

_FIGURES = ("delivered", "loss", "latency-p99", "cpu", "goodput", "interrupts", "batch")
_FIRST = (  # the keys that a course turns first
    "traffic.rate_pps",
    "traffic.size",
    "traffic.flows",
    "traffic.burst_frames",
    "ring",
    "moderation_us",
    "moderation_frames",
    "napi_weight",
    "netdev_budget",
    "rcvbuf",
    "queues",
    "mhz",
)
_NOT_SWEPT = frozenset({"frames", "connections"})  # they end a run before its figures settle
_OF_OPEN_LOOP = frozenset({"traffic.rate_pps", "traffic.burst_frames"})
_EXACT = 12  # digits of a proposed value
_NO_FIGURE = " no point has this figure yet"


class _Begun(NamedTuple):
    """A sweep that was begun, and the process that measures its points."""

    sweep: Sweep
    work: Background


class ScenarioSweeper(Sweeper):
    """Sweeps the scenario with its overrides and the load as it was turned; one seed for each point."""

    def __init__(self, source: ScenarioSource) -> None:
        self._source = source
        self._begun: _Begun | None = None
        self._note = ""

    # ---- settings --------------------------------------------------------------------------

    def settings(self) -> Sequence[SweepKey]:
        known = {
            name: SweepKey(name, _text(self._present(section, key)), key.unit, key.meaning)
            for name, section, key in _declared()
            if vicinity(key, self._present(section, key)) and self._matters(name)
        }
        first = [known.pop(name) for name in _FIRST if name in known]
        return [*first, *known.values()]

    def _matters(self, name: str) -> bool:
        """Whether the traffic reads the key: clients that wait have no rate, segments no set size."""
        scenario = self._source.scenario
        if name == "traffic.size" and scenario.tcp:
            return False
        return name not in _OF_OPEN_LOOP or open_loop(scenario)

    def proposal(self, key: str) -> str:
        section, declaration = next((sec, one) for name, sec, one in _declared() if name == key)
        present = self._present(section, declaration)
        return ",".join(
            _brief(value) for value in vicinity(declaration, present) if self._possible(key, value)
        )

    def _present(self, section: str, key: DeclaredKey) -> float | str | None:
        scenario = self._source.scenario
        value = getattr(getattr(scenario, section), key.name)
        return _text(value) if isinstance(value, bool) else value

    def _possible(self, key: str, value: float | str) -> bool:
        """Whether the scenario takes the value, whichever datapath it goes through."""
        scenario = self._source.scenario
        try:
            check(Model(scenario).scene([(key, _text(value))]))
        except ScenarioError:
            return False
        return True

    # ---- the sweep -------------------------------------------------------------------------

    @property
    def state(self) -> SweepState:
        if self._begun is None:
            return SweepState("", 0, 0, running=False, note=self._note)
        sweep, work = self._begun
        points = sum(len(trial.points) for trial in sweep.trials)
        return SweepState(sweep.axes[0].key, len(work.results), points, work.running, self._note)

    def start(self, key: str, values: str, datapaths: Sequence[str]) -> None:
        try:
            axis = span_text.axis(f"{key}={values}")
            sweep = design(Model(self._source.scenario), [axis], datapaths, 1, if_able=True)
        except (ArgumentTypeError, ScenarioError) as error:
            raise SourceError(str(error), 2) from error
        self.stop()
        self._note = "; ".join(f"left out: {reason}" for reason in sweep.left_out)
        self._begun = _Begun(sweep, Background([trial.points[0] for trial in sweep.trials]))

    def gather(self) -> bool:
        if self._begun is None:
            return False
        before = self.state
        try:
            self._begun.work.gather()
        except PointError as error:
            self._note = str(error)
        return self.state != before

    def stop(self) -> None:
        if self._begun is not None:
            self._begun.work.close()

    # ---- the picture -----------------------------------------------------------------------

    @property
    def curves(self) -> Sequence[tuple[str, str]]:
        return (
            [] if self._begun is None else list(zip(MARKS, self._begun.sweep.datapaths, strict=False))
        )

    @property
    def figures(self) -> Sequence[str]:
        return _FIGURES

    def title(self, figure: str) -> str:
        return figure_of(figure).title

    def meaning(self, figure: str) -> str:
        return figure_of(figure).meaning

    def draw(self, figure: str, size: Size, recent: Interval | None) -> Sequence[str]:
        if self._begun is None:
            return ()
        sweep, work = self._begun
        rows = [SweepRow(sweep.trials[at], (work.results[at],)) for at in sorted(work.results)]
        curves = series(sweep, rows, figure_of(figure))
        if not any(each.mean is not None for curve in curves for each in curve.estimates):
            return (_NO_FIGURE,)
        plot = Plot(*size, "", self._here(sweep.axes[0], figure, recent))
        return draw(plot, sweep.axes[0], curves, logarithmic=logarithmic(sweep)).splitlines()

    def _here(self, axis: Axis, figure: str, recent: Interval | None) -> tuple[float, float] | None:
        """The present value of the axis' setting, and the figure of the running demo."""
        full, key = declared(axis.key)
        section = "traffic" if full.startswith("traffic.") else "settings"
        at = self._present(section, key)
        if recent is None or at is None or (isinstance(at, str) and at not in axis.values):
            return None
        grown = growth(recent.after.meters, recent.before.meters)
        height = figure_of(figure).formula(grown, recent.duration_ps)
        if height is None:
            return None
        return float(axis.values.index(at)) if isinstance(at, str) else float(at), height


def _declared() -> list[tuple[str, str, DeclaredKey]]:
    """Each setting of the host and of the traffic: its spelling for --set, its section and key."""
    return [
        (f"traffic.{key.name}" if section == "traffic" else key.name, section, key)
        for section, key in reference()
        if section and key.name not in _NOT_SWEPT
    ]


def _text(value: float | str | None) -> str:
    """A value as `--set` takes it."""
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(round(value) if isinstance(value, float) and value.is_integer() else value)


def _brief(value: float | str) -> str:
    """A value as `--over` takes it, in few characters: 2.5M for 2500000."""
    whole = _text(value)
    if isinstance(value, str) or value < 0:
        return whole
    brief = amount(value, _EXACT)
    return brief if len(brief) < len(whole) and quantity.number(brief) == value else whole
