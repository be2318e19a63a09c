"""The check of a lesson: runs it, and finds each sentence that is not true of the model."""

from collections.abc import Iterator, Sequence

import msgspec

from kbview.experiment.run import Runner
from kbview.lesson.fault import LessonError
from kbview.lesson.lesson import Bring, Lesson, LessonStep, Prediction, in_list
from kbview.lesson.limits import holes
from kbview.lesson.query import Lookup, query
from kbview.lesson.stage import Stage
from kbview.lesson.trials import Trials
from kbview.lesson.wording import shown
from kbview.tape.source import SourceError
from kbview.tape.station import Station
from kbview.ui.panels import PANELS
from kbview.ui.picture import SCREENS


class Untruth(msgspec.Struct, frozen=True):
    """A sentence of a lesson that does not hold. `step` is its number from 1, `about` the query."""

    lesson: str
    step: int
    prose: str
    about: str
    reason: str

    @property
    def text(self) -> str:
        """One line for a person: the place, the sentence, the claim, and the values."""
        about = f"`{self.about}`: " if self.about else ""
        return f'{self.lesson}: step {self.step}: "{self.prose}": {about}{self.reason}'


def check(lesson: Lesson, folder: str, runner: Runner, seed: int | None = None) -> list[Untruth]:
    """Run every step and ask every query; the untruths in the order of the lesson."""
    return list(_untruths(lesson, folder, Trials(lesson, folder, runner, seed), seed))


def _untruths(lesson: Lesson, folder: str, trials: Trials, seed: int | None) -> Iterator[Untruth]:
    stage: Stage | None = None
    for number, step in enumerate(lesson.steps, 1):
        said = _Said(lesson.id, number, step)
        try:
            if stage is None:
                stage = Stage(lesson.setup(Bring()), folder, seed)
            if step.prediction is not None:
                yield from said.before(trials.lookup(stage.readings()))
            if step.bring.anew:
                stage.close()
                stage = Stage(lesson.setup(step.bring), folder, seed)
            fault = stage.advance(in_list(step.bring.until))
            if fault:
                yield said.untrue("", fault)
            else:
                yield from said.after(trials.lookup(stage.readings()))
                yield from said.looked_at(stage.player.state.stations)
        except (SourceError, LessonError) as error:
            yield said.untrue("", str(error))
    if stage is not None:
        stage.close()


class _Said:
    """The sentences and queries of a step."""

    def __init__(self, lesson: str, number: int, step: LessonStep) -> None:
        self._lesson = lesson
        self._number = number
        self._step = step

    def untrue(self, about: str, reason: str) -> Untruth:
        """An untruth of this step."""
        return Untruth(self._lesson, self._number, " ".join(self._step.prose.split()), about, reason)

    def before(self, lookup: Lookup) -> Iterator[Untruth]:
        """The figures in the texts of a question: they are of the moment when it is asked."""
        question = self._step.prediction.question if self._step.prediction else ""
        yield from self._known([*holes(self._step.prose), *holes(question)], lookup)

    def after(self, lookup: Lookup) -> Iterator[Untruth]:
        """Claims, figures and the answer, of the moment that was brought about."""
        if self._step.prediction is None:
            yield from self._known(holes(self._step.prose), lookup)
        for claim in self._step.claims:
            if (fault := _false(claim, lookup)) is not None:
                yield self.untrue(claim, fault)
        if self._step.prediction is not None:
            yield from self._decided(self._step.prediction, lookup)

    def looked_at(self, stations: Sequence[Station]) -> Iterator[Untruth]:
        """The parts of the screen that the step lights."""
        known = [*(station.name for station in stations), *_parts()]
        for word in in_list(self._step.look):
            if word not in known:
                yield self.untrue("", f"look = {word!r}: here are {', '.join(known)}")

    def _decided(self, prediction: Prediction, lookup: Lookup) -> Iterator[Untruth]:
        values = [query(text).value(lookup) for text in prediction.answers]
        both = " | ".join(prediction.answers)
        if any(value is None or isinstance(value, str) for value in values):
            yield self.untrue(both, f"no answer: {', '.join(map(shown, values))}")
            return
        true = sum(value is True for value in values)
        if prediction.kind == "choice" and true != 1:
            yield self.untrue(
                both, f"{true} of {len(values)} choices are true; use queries of which 1 is"
            )
        if prediction.kind == "larger" and values[0] == values[1]:
            yield self.untrue(both, f"neither is larger: both are {shown(values[0])}")
        yield from self._known(holes(prediction.because), lookup)

    def _known(self, texts: Sequence[str], lookup: Lookup) -> Iterator[Untruth]:
        for text in texts:
            if query(text).value(lookup) is None:
                yield self.untrue(text, "a figure has no value here")


def _parts() -> list[str]:
    return [*(panel.name for panel in PANELS), *SCREENS]


def _false(claim: str, lookup: Lookup) -> str | None:
    """None if a claim holds, else the values of its figures."""
    value = query(claim).value(lookup)
    if value is True:
        return None
    told = ", ".join(f"{name} = {shown(lookup(name))}" for name in query(claim).names)
    if value is None:
        return f"a figure has no value here: {told}"
    return f"not true: {told}" if value is False else f"is no comparison; its value is {shown(value)}"
