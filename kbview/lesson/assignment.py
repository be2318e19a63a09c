"""An assignment: a student's predictions in a file, and the template that a student fills in.

student = "Asha"
lesson = "tour"
seed = 4711

# step 3: Which way costs more work for a packet?
#   1 the kernel
#   2 DPDK
[[prediction]]
step = 3
answer = "1"
"""

import tomllib
import zlib
from pathlib import Path

import msgspec

from kbview.emulator.wrong_value import sentence
from kbview.lesson.fault import LessonError
from kbview.lesson.lesson import Lesson, Prediction
from kbview.lesson.limits import check_text, fill, holes
from kbview.lesson.regular_file import contents

_SEEDS = 10_000
_MOST = 60  # predictions
_MOST_SEED = (1 << 63) - 1


class Answered(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A prediction; `step` is numbered from 1, an empty answer is none."""

    step: int
    answer: str | int | float = ""

    @property
    def text(self) -> str:
        """The answer as it would be typed."""
        return str(self.answer).strip()


class Assignment(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A student's file. Without a seed the student's name gives it."""

    student: str
    lesson: str
    predictions: list[Answered] = msgspec.field(name="prediction", default=[])
    seed: int | None = None

    @property
    def seed_in_force(self) -> int:
        """The seed of the runs that decide."""
        return seed_of(self.student) if self.seed is None else self.seed


def seed_of(student: str) -> int:
    """The seed of a student: the same for the same name, whatever its case and spaces."""
    return zlib.crc32("".join(student.casefold().split()).encode()) % _SEEDS


def read(path: Path) -> Assignment:
    """The assignment in a file. Errors: LessonError with a line that names the file."""
    try:
        found = msgspec.convert(tomllib.loads(contents(path).decode("utf-8")), Assignment)
        _check(found)
    except OSError as error:
        raise LessonError(f"{path.name}: cannot be read: {error.strerror}") from None
    except RecursionError:
        raise LessonError(f"{path.name}: nested too deeply") from None
    except (LessonError, ValueError, msgspec.ValidationError) as error:
        told = sentence(error) if isinstance(error, msgspec.ValidationError) else str(error)
        plain = "".join(letter if letter.isprintable() else "?" for letter in told[:200])
        raise LessonError(f"{path.name}: {plain}") from None
    return found


def _check(found: Assignment) -> None:
    for name, text in (("student", found.student), ("lesson", found.lesson)):
        check_text(name, text)
    if not found.student.strip():
        raise LessonError("student is empty")
    if found.seed is not None and not 0 <= found.seed <= _MOST_SEED:
        raise LessonError(f"seed = {found.seed}: use 0 to {_MOST_SEED}")
    if len(found.predictions) > _MOST:
        raise LessonError(f"{len(found.predictions)} predictions; use up to {_MOST}")
    steps = [each.step for each in found.predictions]
    for step in steps:
        if steps.count(step) > 1:
            raise LessonError(f"step {step} is answered twice")
    for each in found.predictions:
        check_text(f"the answer to step {each.step}", each.text)


def template(lesson: Lesson, student: str, seed: int | None) -> str:
    """The text of a file for a student to fill in: every question, and no answer."""
    made_up = seed_of(student) if seed is None else seed
    lines = [
        f"# {lesson.title}",
        f"# kbview lessons {lesson.id} --seed {made_up}    shows the runs that decide",
        f"student = {_quoted(student)}",
        f"lesson = {_quoted(lesson.id)}",
        f"seed = {made_up}",
    ]
    for number, step in enumerate(lesson.steps, 1):
        if step.prediction is not None:
            lines += ["", *_asked(number, step.prediction), "[[prediction]]", f"step = {number}"]
            lines.append('answer = ""')
    return "\n".join(lines)


def _asked(number: int, prediction: Prediction) -> list[str]:
    question = fill(prediction.question, ["..."] * len(holes(prediction.question)))
    unit = f" [{prediction.unit}]" if prediction.unit else ""
    choices = [f"#   {at} {choice}" for at, choice in enumerate(prediction.choices, 1)]
    return [f"# step {number}: {' '.join(question.split())}{unit}", *choices]


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()
