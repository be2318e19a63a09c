"""Grades: a student's predictions beside the answers of the model, with a reason for each point."""

from collections.abc import Mapping, Sequence

import msgspec

from kbview.experiment.run import Runner
from kbview.lesson.assignment import Assignment
from kbview.lesson.fault import LessonError
from kbview.lesson.itinerary import itinerary
from kbview.lesson.lesson import Lesson
from kbview.lesson.query import Value, query
from kbview.lesson.stage import Stage
from kbview.lesson.trials import Trials
from kbview.lesson.verdict import decide

Truths = Mapping[int, Sequence[Value]]  # by step, from 1


class GradedAnswer(msgspec.Struct, frozen=True):
    """A graded prediction: 1 or 0 points; None if the model has no answer and nothing is graded."""

    step: int
    answer: str
    points: int | None
    reason: str


class Grades(msgspec.Struct, frozen=True):
    """The grades of an assignment."""

    assignment: Assignment
    graded: tuple[GradedAnswer, ...]

    @property
    def points(self) -> int:
        """The sum of the points."""
        return sum(each.points or 0 for each in self.graded)

    @property
    def most(self) -> int:
        """The points that were to be had."""
        return sum(each.points is not None for each in self.graded)


def truths(lesson: Lesson, folder: str, runner: Runner, seed: int) -> Truths:
    """The values of all answers, from runs with this seed. Errors: SourceError, LessonError."""
    trials = Trials(lesson, folder, runner, seed)
    found: dict[int, Sequence[Value]] = {}
    for at, step in enumerate(lesson.steps):
        if step.prediction is None:
            continue
        way = itinerary(lesson, at, brought=True)
        stage = Stage(way.setup, folder, seed)
        try:
            if fault := stage.advance(list(way.targets)):
                raise LessonError(f"{lesson.id}: step {at + 1}: {fault}")
            lookup = trials.lookup(stage.readings())
            found[at + 1] = [query(text).value(lookup) for text in step.prediction.answers]
        finally:
            stage.close()
    return found


def grade(lesson: Lesson, assignment: Assignment, found: Truths) -> Grades:
    """A point for each prediction that is right. An answer to another step is worth nothing."""
    answers = {each.step: each.text for each in assignment.predictions}
    graded = [_point(lesson, step, answers.pop(step, ""), found[step]) for step in sorted(found)]
    strange = [
        GradedAnswer(step, text, None, "Nothing is asked there.") for step, text in answers.items()
    ]
    return Grades(assignment, (*graded, *(each for each in strange if each.answer)))


def _point(lesson: Lesson, step: int, answer: str, values: Sequence[Value]) -> GradedAnswer:
    prediction = lesson.steps[step - 1].prediction
    if prediction is None:
        return GradedAnswer(step, answer, None, "Nothing is asked there.")
    try:
        decision = decide(prediction, answer, values)
    except LessonError as error:
        return GradedAnswer(step, answer, 0, str(error))
    if not decision.truth:
        return GradedAnswer(step, answer, None, decision.text)
    if not answer:
        return GradedAnswer(step, answer, 0, f"No answer. {decision.text}")
    return GradedAnswer(step, answer, int(decision.right is True), decision.text)
