"""`kbview lessons answers` and `kbview lessons grade`: templates for students, and their grades."""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kbview.cli import measuring
from kbview.cli.errors import DONE, UNREADABLE, complain
from kbview.cli.paper import say
from kbview.tape.source import SourceError

if TYPE_CHECKING:
    from kbview.experiment.run import Runner
    from kbview.lesson.grade import GradedAnswer, Grades, Truths
    from kbview.lesson.shelf import ShelvedLesson

_MOST_FILES = 2000
_COLUMNS = ("student", "file", "lesson", "seed", "points", "of", "reasons")


def answers(words: Sequence[str], arguments: argparse.Namespace, language: str) -> int:
    """Print a template for the predictions of a lesson. Errors: SourceError."""
    from kbview.lesson.assignment import template
    from kbview.lesson.fault import LessonError
    from kbview.lesson.shelf import find

    if len(words) != 1:
        raise SourceError("answers: name one lesson", 2)
    try:
        lesson = find(words[0], language).lesson
    except LessonError as error:
        raise SourceError(str(error), 2) from error
    if not any(step.prediction for step in lesson.steps):
        raise SourceError(f"{lesson.id}: nothing is asked in this lesson", 2)
    say(template(lesson, arguments.student, arguments.seed))
    return DONE


def grade(words: Sequence[str], arguments: argparse.Namespace, language: str) -> int:
    """Grade files, or the files of folders; a file that is no assignment is said and left out."""
    from kbview.lesson.fault import LessonError

    paths = _files(words)
    out = None if arguments.csv is None else Path(arguments.csv)
    if out is not None and out.exists() and not arguments.force:
        raise SourceError(f"{out}: exists; use --force to write over it", 2)
    graded: list[tuple[Path, Grades]] = []
    with measuring.runner(arguments) as runner:
        grader = _Grader(runner, language)
        for path in paths:
            try:
                grades = grader.graded(path)
            except (LessonError, SourceError) as error:
                complain(str(error))
                continue
            _print(path, grades)
            graded.append((path, grades))
    if out is not None:
        _write(out, graded)
    return DONE if len(graded) == len(paths) else UNREADABLE


class _Grader:
    """Grades assignments; equal lessons and seeds are run once."""

    def __init__(self, runner: "Runner", language: str) -> None:
        self._runner = runner
        self._language = language
        self._lessons: dict[str, ShelvedLesson] = {}
        self._truths: dict[tuple[str, int], Truths] = {}

    def graded(self, path: Path) -> "Grades":
        """The grades of a file. Errors: LessonError, SourceError."""
        from kbview.lesson.assignment import read
        from kbview.lesson.fault import LessonError
        from kbview.lesson.grade import grade as compared
        from kbview.lesson.grade import truths
        from kbview.lesson.shelf import find

        assignment = read(path)
        name, seed = assignment.lesson, assignment.seed_in_force
        if "/" in name or name.endswith(".toml"):
            raise LessonError(f"{path.name}: lesson = {name[:40]!r}: use the name of a lesson")
        if name not in self._lessons:
            self._lessons[name] = find(name, self._language)
        shelved = self._lessons[name]
        if (name, seed) not in self._truths:
            folder = str(shelved.path.parent)
            self._truths[name, seed] = truths(shelved.lesson, folder, self._runner, seed)
        return compared(shelved.lesson, assignment, self._truths[name, seed])


def _files(words: Sequence[str]) -> list[Path]:
    """The files of the words, of a folder its files that end in .toml. Errors: SourceError."""
    if not words:
        raise SourceError("grade: name a file of answers, or a folder of them", 2)
    found: list[Path] = []
    for path in map(Path, words):
        if not path.exists():
            raise SourceError(f"{path}: there is no such file or folder", UNREADABLE)
        found += sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not 1 <= len(found) <= _MOST_FILES:
        raise SourceError(f"{len(found):,} files to grade; use 1 to {_MOST_FILES:,}", 2)
    return found


def _print(path: Path, grades: "Grades") -> None:
    """A line for the student, and a line with the reason of each point."""
    made = grades.assignment
    head = f"{path.name}  {made.student}  {made.lesson}  seed {made.seed_in_force}"
    say(f"{head}: {grades.points} of {grades.most}")
    for each in grades.graded:
        say(f"  {_reason(each)}")


def _reason(graded: "GradedAnswer") -> str:
    points = "not graded" if graded.points is None else f"{graded.points} of 1"
    return f"step {graded.step}: {points}. {graded.reason}"


def _write(path: Path, graded: "Sequence[tuple[Path, Grades]]") -> None:
    """A row for each student. A text that a spreadsheet would compute gets an apostrophe in front."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for name, grades in graded:
            made = grades.assignment
            reasons = " | ".join(map(_reason, grades.graded))
            texts = [_plain(text) for text in (made.student, name.name, made.lesson)]
            row = [*texts, made.seed_in_force, grades.points, grades.most, _plain(reasons)]
            writer.writerow(row)


def _plain(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text
