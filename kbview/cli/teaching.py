"""The tutor of the screen: lessons open their sources through the library, as `o` does."""

import argparse
from collections.abc import Sequence
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING

from kbview.state.player import Player
from kbview.state.slide import LessonPlace, Slide
from kbview.ui.session import Opened, ShelfItem
from kbview.ui.tutor import Tutor

if TYPE_CHECKING:
    from kbview.experiment.run import Runner
    from kbview.lesson.lesson import Setup
    from kbview.lesson.tutor import LessonTutor

_FLAGS = ("host", "rate", "size", "flows", "cores", "ring", "until", "profile", "gap")


class LateTutor(Tutor):
    """A tutor that loads the lessons at the first move: most screens never ask for them.

    Its sources have the flags of the screen, none of the first source, and the seed. `tongue` is the
    language, None for that of the environment.
    """

    def __init__(
        self, arguments: argparse.Namespace, tongue: str | None = None, seed: int | None = None
    ) -> None:
        self._arguments = arguments
        self._tongue = tongue
        self._seed = seed
        self._loaded = False

    @cached_property
    def _tutor(self) -> "LessonTutor":
        from kbview.lesson.shelf import language
        from kbview.lesson.tutor import LessonTutor

        self._loaded = True
        tongue = language() if self._tongue is None else self._tongue
        return LessonTutor(self._opened, _runner(), tongue, self._seed)

    def _opened(self, setup: "Setup", folder: str) -> Opened:
        from kbview.cli.library import open_first
        from kbview.lesson.locate import located

        asked = copy(self._arguments)
        for flag in _FLAGS:
            setattr(asked, flag, None)
        asked.source, asked.datapath = located(setup.source, folder), setup.datapath
        asked.overrides, asked.seed, asked.once = list(setup.settings), self._seed, True
        return open_first(asked, None, self)

    @property
    def slide(self) -> Slide | None:
        return self._tutor.slide if self._loaded else None

    @property
    def busy(self) -> bool:
        return self._loaded and self._tutor.busy

    @property
    def view(self) -> str:
        return self._tutor.view if self._loaded else ""

    def shelf(self) -> Sequence[ShelfItem]:
        return self._tutor.shelf()

    def start(self, name: str) -> Opened:
        return self._tutor.start(name)

    def take(self, player: Player) -> None:
        if self._loaded:
            self._tutor.take(player)

    def advance(self, budget_s: float) -> bool:
        return not self._loaded or self._tutor.advance(budget_s)

    def begin(self) -> Opened | None:
        return self._tutor.begin()

    def forward(self) -> Opened | None:
        return self._tutor.forward()

    def backward(self) -> Opened | None:
        return self._tutor.backward()

    def answer(self, text: str) -> Opened | None:
        return self._tutor.answer(text)

    def go(self, place: LessonPlace) -> Opened | None:
        return self._tutor.go(place)

    def close(self) -> None:
        if self._loaded:
            self._tutor.close()


def _runner() -> "Runner":
    """Measures whole runs in this process; finished runs are kept in the user's cache, if it can be."""
    from kbview.experiment.pool import Alone
    from kbview.experiment.results import ResultsError, ResultsFile, cache
    from kbview.experiment.run import Runner

    try:
        return Runner(Alone(), ResultsFile(cache(), kept=False))
    except ResultsError:  # nothing can be said on the screen's terminal
        return Runner(Alone())
