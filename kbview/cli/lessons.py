"""`kbview lessons`: lists lessons, opens a lesson on the screen, checks lessons against the model."""

import argparse
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

from kbview.cli import measuring
from kbview.cli.app import App
from kbview.cli.command import Command
from kbview.cli.errors import DONE, FAILED, UNSUPPORTED, complain
from kbview.cli.paper import say
from kbview.tape.source import SourceError

if TYPE_CHECKING:
    from kbview.lesson.shelf import ShelvedLesson

WIDTH = 79
_WORDS = (
    "a lesson to open; check FILE: run every claim; answers LESSON: a template for a student; "
    "grade FILE|FOLDER: grade predictions; without a word: the list"
)


class LessonsCommand(Command):
    """A word of its own for each use: the list, `check`."""

    name = "lessons"
    summary = "lessons: a lecture, run by the model"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("words", metavar="WORD", nargs="*", help=_WORDS)
        add("--lang", metavar="LANG", help="the language of the texts (default: that of LANG)")
        add("--seed", type=int, metavar="N", help="of the runs, for a lesson or for `answers`")
        add("--student", metavar="NAME", default="", help="for `answers`: the name, which gives a seed")
        add("--csv", metavar="FILE", help="for `grade`: a row for each student")
        add("--force", action="store_true", help="write over a file that exists")
        App().add_looks(parser)
        measuring.add_flags(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        words: list[str] = arguments.words
        if not words:
            return _list(_language(arguments))
        if words[0] == "check":
            return _check(words[1:], arguments)
        if words[0] in ("answers", "grade"):
            from kbview.cli import grading

            run = grading.answers if words[0] == "answers" else grading.grade
            return run(words[1:], arguments, _language(arguments))
        if len(words) > 1:
            raise SourceError(f"{words[1][:60]}: one lesson at a time", 2)
        return _open(words[0], arguments)


def _language(arguments: argparse.Namespace) -> str:
    from kbview.lesson.shelf import language

    return language() if arguments.lang is None else str(arguments.lang)


def _list(language: str) -> int:
    from kbview.lesson.shelf import lessons

    shelved, faults = lessons(language)
    for each in shelved:
        say(_line(each))
    for text in [*(each.note for each in shelved if each.note), *faults]:
        complain(text)
    return DONE


def _open(name: str, arguments: argparse.Namespace) -> int:
    from kbview.cli.teaching import LateTutor
    from kbview.ui.terminal import unsuitable

    if (reason := unsuitable()) is not None:
        complain(reason)
        return UNSUPPORTED
    app = App()
    parser = argparse.ArgumentParser()
    app.add_arguments(parser)
    usual = parser.parse_args([], copy(arguments))
    return app.show(LateTutor(usual, _language(arguments), arguments.seed).start(name), usual)


def _line(shelved: "ShelvedLesson") -> str:
    lesson = shelved.lesson
    from kbview.ui.row import cut

    return cut(f"  {lesson.id:<19} {lesson.section:<7} {lesson.minutes:>3} min  {lesson.title}", WIDTH)


def _check(names: list[str], arguments: argparse.Namespace) -> int:
    """Each untrue sentence in a line; exit code 1 if there was any."""
    from kbview.lesson.check import check

    untruths = 0
    with measuring.runner(arguments) as runner:
        for shelved in _named(names, _language(arguments)):
            found = check(shelved.lesson, str(shelved.path.parent), runner)
            for each in found:
                say(each.text)
            untruths += len(found)
            if not found:
                steps = len(shelved.lesson.steps)
                claims = sum(len(step.claims) for step in shelved.lesson.steps)
                say(f"{shelved.lesson.id}: {steps} steps, {claims} claims: all true")
    return FAILED if untruths else DONE


def _named(names: list[str], language: str) -> "list[ShelvedLesson]":
    """The lessons of these names or files; without a name all of them. Errors: SourceError."""
    from kbview.lesson.fault import LessonError
    from kbview.lesson.shelf import find, lessons

    if not names:
        shelved, faults = lessons(language)
        if faults:
            raise SourceError(faults[0], 2)
        return shelved
    try:
        return [find(name, language) for name in names]
    except LessonError as error:
        code = 2 if any(Path(name).exists() for name in names) else 3
        raise SourceError(str(error), code) from error
