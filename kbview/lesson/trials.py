"""The whole runs of a lesson: each is measured by the experiment engine when a query first asks."""

from dataclasses import replace
from functools import partial

from kbview.emulator.cost import UnpricedStepError
from kbview.emulator.keys import ScenarioError
from kbview.experiment.point import Point, check
from kbview.experiment.pool import PointError
from kbview.experiment.run import Runner
from kbview.experiment.stretch import marks
from kbview.experiment.sweep import Model
from kbview.lesson.fault import LessonError
from kbview.lesson.lesson import Lesson, WholeRun
from kbview.lesson.limits import DATAPATH_NAMES
from kbview.lesson.locate import located
from kbview.lesson.query import Lookup, Value
from kbview.lesson.readings import Readings
from kbview.lesson.target import run_length
from kbview.sources.emulated import profile
from kbview.sources.resolve import scenario
from kbview.tape.source import SourceError


class Trials:
    """The runs of a lesson. `seed` replaces the seed of each scenario; None leaves it."""

    def __init__(self, lesson: Lesson, folder: str, runner: Runner, seed: int | None = None) -> None:
        self._lesson = lesson
        self._folder = folder
        self._runner = runner
        self._seed = seed
        self._known: dict[str, Readings] = {}

    def lookup(self, moment: Readings) -> Lookup:
        """The values of all names: with a run's prefix of that run, otherwise of the moment."""
        return partial(self._value, moment)

    def _value(self, moment: Readings, name: str) -> Value:
        first, _, rest = name.partition(".")
        if rest and (first in self._lesson.runs or first in DATAPATH_NAMES):
            return self.run(first).value(rest)
        return moment.value(name)

    def run(self, name: str) -> Readings:
        """The readings of a run: a run of the lesson's table, or the lesson's head through a datapath.

        Errors: LessonError for a run that cannot be measured.
        """
        if name not in self._known:
            whole = self._lesson.runs.get(name) or WholeRun(datapath=DATAPATH_NAMES.get(name))
            try:
                point = self._point(whole)
                (result,) = self._runner.run([point])
            except (ScenarioError, UnpricedStepError, PointError, SourceError) as error:
                raise LessonError(f"run {name}: {error}") from None
            texts = {"datapath": point.scenario.datapath, "profile": point.scenario.profile}
            self._known[name] = Readings(result.meters, result.duration_ps, texts)
        return self._known[name]

    def _point(self, whole: WholeRun) -> Point:
        setup = self._lesson.setup(whole)
        changes = [*setup.settings]
        if setup.datapath is not None:
            changes.append(("datapath", setup.datapath))
        model = Model(scenario(located(setup.source, self._folder)), (), run_length(whole.until))
        made = model.scene(changes)
        if self._seed is not None:
            made = replace(made, seed=self._seed)
        check(made)
        return Point(made, profile.load(made.profile), *marks(made, model.until))
