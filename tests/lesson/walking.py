"""A walk through a lesson without a screen."""

import time
from pathlib import Path

from kbview.lesson.lesson import Setup
from kbview.lesson.stage import opened
from kbview.lesson.tutor import LessonTutor
from kbview.state.player import Player
from kbview.tape.source import Source
from kbview.ui.session import NOTHING, Offers, Opened
from tests.lesson.files import RUNNER

PATIENCE_S = 600.0
OPENED: list[Source] = []


def tutor(offers: Offers = NOTHING) -> LessonTutor:
    """A tutor that opens sources as the checker does."""

    def asked(setup: Setup, folder: str) -> Opened:
        return Opened(opened(setup, folder), offers._replace(tutor=made))

    made = LessonTutor(asked, RUNNER)
    return made


class Walk:
    """A tutor with the player that a screen would have."""

    def __init__(self, path: Path) -> None:
        self.tutor = tutor()
        self.reached(self.tutor.start(str(path)))

    def reached(self, opened: Opened | None) -> str:
        """Bring the state of a move about; the verdict."""
        if opened is not None:
            OPENED.append(opened.source)
            self.player = Player(opened.source)
            self.tutor.take(self.player)
        end_s = time.monotonic() + PATIENCE_S
        while not self.tutor.advance(1.0) and time.monotonic() < end_s:
            time.sleep(0.01)
        assert not self.tutor.busy
        return self.tutor.slide.verdict if self.tutor.slide else ""
