"""Reads a lesson file, with the texts of a translation over it, and refuses whatever is no lesson."""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from kbview.emulator.wrong_value import sentence
from kbview.lesson.fault import LessonError
from kbview.lesson.lesson import Lesson, LessonStep, Prediction
from kbview.lesson.limits import check_lesson
from kbview.lesson.regular_file import contents

SUFFIX = ".toml"
Read = TypeVar("Read")


class Wording(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The translated texts of a prediction."""

    question: str
    choices: list[str] = []
    unit: str | None = None
    because: str = ""


class StepText(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The translated texts of a step."""

    prose: str
    prediction: Wording | None = None


class Translation(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The texts of a lesson in another language; steps and predictions stay as in the lesson."""

    title: str
    steps: list[StepText] = msgspec.field(name="step")
    section: str | None = None


def read(path: Path, language: str = "") -> Lesson:
    """The lesson in a file, in a language if the file `NAME.LANG.toml` stands beside it.

    Errors: LessonError with a line that names the file.
    """
    try:
        lesson = _as(_tables(path), Lesson)
        if lesson.id != path.name.removesuffix(SUFFIX):
            raise LessonError(f"id = {lesson.id[:40]!r} and the file's name differ")
        check_lesson(lesson)
    except LessonError as error:
        raise LessonError(f"{path.name}: {error}") from None
    translated = path.with_name(f"{lesson.id}.{language}{SUFFIX}")
    return _translated(lesson, translated) if language and translated.is_file() else lesson


def _translated(lesson: Lesson, path: Path) -> Lesson:
    try:
        told = _as(_tables(path), Translation)
        if len(told.steps) != len(lesson.steps):
            raise LessonError(f"{len(told.steps)} steps; the lesson has {len(lesson.steps)}")
        steps = [_step(*pair) for pair in zip(lesson.steps, told.steps, strict=True)]
        section = lesson.section if told.section is None else told.section
        lesson = msgspec.structs.replace(lesson, title=told.title, section=section, steps=steps)
        check_lesson(lesson)
    except LessonError as error:
        raise LessonError(f"{path.name}: {error}") from None
    return lesson


def _step(step: LessonStep, told: StepText) -> LessonStep:
    if (step.prediction is None) is not (told.prediction is None):
        raise LessonError("a prediction is missing, or stands at another step")
    prediction = step.prediction
    if prediction is not None and told.prediction is not None:
        prediction = _prediction(prediction, told.prediction)
    return msgspec.structs.replace(step, prose=told.prose, prediction=prediction)


def _prediction(prediction: Prediction, told: Wording) -> Prediction:
    if len(told.choices) != len(prediction.choices):
        raise LessonError(f"{len(told.choices)} choices; the lesson has {len(prediction.choices)}")
    return msgspec.structs.replace(
        prediction,
        question=told.question,
        choices=told.choices,
        unit=prediction.unit if told.unit is None else told.unit,
        because=told.because,
    )


def _tables(path: Path) -> dict[str, Any]:
    """The tables of a file: LessonError if it is too large, no text or no TOML."""
    try:
        return tomllib.loads(contents(path).decode("utf-8"))
    except OSError as error:
        raise LessonError(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise LessonError("cannot be read: not text") from None
    except RecursionError:
        raise LessonError("nested too deeply") from None
    except ValueError as error:
        raise LessonError(f"not TOML: {_plain(error)}") from None


def _as(tables: dict[str, Any], kind: type[Read]) -> Read:
    try:
        return msgspec.convert(tables, kind)
    except msgspec.ValidationError as error:
        raise LessonError(_plain(sentence(error))) from None
    except RecursionError as error:
        raise LessonError(_plain(error)) from None


def _plain(error: Exception | str) -> str:
    """The first 200 characters of an error's text without characters that a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(error)[:200])
