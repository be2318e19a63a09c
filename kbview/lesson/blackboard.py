"""The blackboard: the slide of a step, and the figures on it as they were when the step was reached."""

from threading import Thread

import msgspec

from kbview.experiment.run import Runner
from kbview.lesson.fault import LessonError
from kbview.lesson.lesson import Lesson, LessonStep, in_list
from kbview.lesson.limits import fill, holes, prefixes
from kbview.lesson.query import query
from kbview.lesson.stage import moment
from kbview.lesson.trials import Trials
from kbview.lesson.verdict import decide
from kbview.lesson.wording import worded
from kbview.state.player import Player
from kbview.state.slide import LessonPlace, Slide

_EMPTY = Slide(LessonPlace(""), "", 0, "")


class Blackboard:
    """Writes the steps of a lesson. A thread measures whole runs; it ends with the program."""

    def __init__(self, lesson: Lesson, folder: str, runner: Runner, seed: int | None = None) -> None:
        self.slide = _EMPTY
        self._lesson = lesson
        self._trials = Trials(lesson, folder, runner, seed)
        self._asked: dict[int, tuple[str, str]] = {}  # prose and question by step, as first shown
        self._measuring: Thread | None = None
        self._measured: LessonPlace | None = None  # the place for which that thread measures
        self._fault = ""

    def of(self, lesson: Lesson) -> bool:
        """Whether it is of this lesson."""
        return self._lesson is lesson

    def write(self, place: LessonPlace) -> None:
        """Begin the slide of a place; figures that are not known yet stand as `…`."""
        step = self._step(place)
        prediction = step.prediction
        blank = [fill(text, ["…"] * len(holes(text))) for text in self._texts(step)]
        prose, question = self._asked.get(place.step, blank) if place.answer is not None else blank
        self.slide = Slide(
            place,
            self._lesson.title,
            len(self._lesson.steps),
            " ".join(prose.split()),
            " ".join(question.split()),
            tuple(prediction.choices) if prediction else (),
            prediction.unit if prediction else "",
            look=tuple(in_list(step.look)),
            running=True,
        )

    def settle(self, player: Player, fault: str) -> bool:
        """Fill in the figures of the player's moment. False while whole runs are being measured."""
        place = self.slide.place
        if self._measuring is not None and self._measuring.is_alive():
            return False
        if self._measured != place:
            self._measured, self._fault = place, ""
            self._measuring = Thread(target=self._measure, args=(self._step(place),), daemon=True)
            self._measuring.start()
            return False
        fault, self._measured = fault or self._fault, None
        if fault:
            self.fail(fault)
            return True
        self.slide = msgspec.structs.replace(self.slide, running=False)
        try:
            self._fill(player)
        except LessonError as error:
            self.slide = msgspec.structs.replace(self.slide, verdict=f"The model cannot say: {error}.")
        return True

    def fail(self, fault: str) -> None:
        """Say on the slide why the state cannot be brought about."""
        told = f"The model cannot show this: {fault}."
        self.slide = msgspec.structs.replace(self.slide, running=False, verdict=told)

    def _step(self, place: LessonPlace) -> LessonStep:
        return self._lesson.steps[place.step]

    def _texts(self, step: LessonStep) -> tuple[str, str]:
        return step.prose, step.prediction.question if step.prediction else ""

    def _fill(self, player: Player) -> None:
        place = self.slide.place
        step = self._step(place)
        lookup = self._trials.lookup(moment(player))
        if step.prediction is None or place.answer is None:
            prose, question = (worded(text, lookup) for text in self._texts(step))
            self._asked[place.step] = prose, question
            self.slide = msgspec.structs.replace(self.slide, prose=prose, question=question)
            return
        values = [query(text).value(lookup) for text in step.prediction.answers]
        verdict = decide(step.prediction, place.answer, values)
        because = worded(step.prediction.because, lookup)
        self.slide = msgspec.structs.replace(self.slide, verdict=verdict.text, because=because)

    def _measure(self, step: LessonStep) -> None:
        """Measure the whole runs that the step's queries name."""
        try:
            for name in self._runs(step):
                self._trials.run(name)
        except LessonError as error:
            self._fault = str(error)

    def _runs(self, step: LessonStep) -> list[str]:
        prediction, answered = step.prediction, self.slide.place.answer is not None
        texts = [hole for text in self._texts(step) for hole in holes(text)]
        if prediction is not None and answered:
            texts += [*prediction.answers, *holes(prediction.because)]
        names = [name for text in texts for name in query(text).names]
        known = prefixes(self._lesson)
        found = [name.partition(".")[0] for name in names if "." in name]
        return [name for name in dict.fromkeys(found) if name in known]
