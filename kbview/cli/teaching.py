"""The tutor of the screen: lessons open their sources through the library, as `o` does."""

import argparse
from copy import copy
from typing import TYPE_CHECKING

from kbview.cli.errors import complain

if TYPE_CHECKING:
    from kbview.experiment.run import Runner
    from kbview.lesson.lesson import Setup
    from kbview.lesson.tutor import LessonTutor
    from kbview.ui.session import Opened

_FLAGS = ("host", "rate", "size", "flows", "cores", "ring", "until", "profile", "seed", "gap")


def tutor(
    arguments: argparse.Namespace, tongue: str | None = None, seed: int | None = None
) -> "LessonTutor":
    """The tutor. Its sources have the flags of the screen, none of the first source, and the seed."""
    from kbview.lesson.shelf import language
    from kbview.lesson.tutor import LessonTutor

    made: LessonTutor

    def open_source(setup: "Setup", folder: str) -> "Opened":
        from kbview.cli.library import open_first
        from kbview.lesson.locate import located

        asked = _asked(arguments, setup, located(setup.source, folder))
        asked.seed = seed
        return open_first(asked, None, made)

    made = LessonTutor(open_source, _runner(), language() if tongue is None else tongue, seed)
    return made


def _asked(arguments: argparse.Namespace, setup: "Setup", word: str) -> argparse.Namespace:
    asked = copy(arguments)
    for flag in _FLAGS:
        setattr(asked, flag, None)
    asked.source, asked.datapath, asked.once = word, setup.datapath, True
    asked.overrides = list(setup.settings)
    return asked


def _runner() -> "Runner":
    """Measures whole runs in this process; finished runs are kept in the user's cache, if it can be."""
    from kbview.experiment.pool import Alone
    from kbview.experiment.results import ResultsError, ResultsFile, cache
    from kbview.experiment.run import Runner

    try:
        return Runner(Alone(), ResultsFile(cache(), kept=False))
    except ResultsError as error:
        complain(f"{error}; finished points are not kept")
        return Runner(Alone())
