"""The projector: shows the drawn screen to a class, and the class's answers to the presenter."""

from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from rich.console import Console

from kbview.ui.audience import Audience
from kbview.ui.desk import Commands, Desk
from kbview.ui.session import Session

if TYPE_CHECKING:
    from textual.app import App

Rows = Callable[[], tuple[int, list[str]]]  # the width, and each row with its colours


def drawn_rows(app: "App[None]", console: Console | None = None) -> tuple[int, list[str]]:
    """The width of the screen on top, and its rows as the terminal gets them, or as `console` would."""
    strips = app.screen._compositor.render_strips()
    return app.size.width, [strip.render(console or app.console) for strip in strips]


class Projector:
    """Sends each drawn screen once; several updates of one moment are sent together.

    Without an audience it does nothing.
    """

    def __init__(self, audience: Audience | None, session: Session, desk: Desk, rows: Rows) -> None:
        self._audience = audience
        self._session = session
        self._desk = desk
        self._rows = rows
        self._later: Callable[[Callable[[], None]], object] | None = None
        self._waiting = False

    @property
    def commands(self) -> Commands:
        """A command for each key of a presenter, by the key's id."""
        return {"class": self.tell}

    def begin(self, loop: AbstractEventLoop) -> None:
        """The screen is running on this loop."""
        if self._audience is None:
            return
        self._later = loop.call_soon

        def answered() -> None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(self._counted)

        self._audience.answered(answered)

    def end(self) -> None:
        """The screen ends; another may follow for the same class."""
        if self._audience is not None:
            self._audience.answered(None)
        self._later = None

    def drawn(self) -> None:
        """Something was drawn; send the screen when all of this moment is drawn."""
        if self._later is not None and not self._waiting:
            self._waiting = True
            self._later(self._project)

    def _project(self) -> None:
        self._waiting = False
        if self._later is None or self._audience is None:
            return
        self._audience.see(*self._rows())
        self._audience.hear(self._session.slide)
        self._audience.watch(self._session.player)

    def _counted(self) -> None:
        if self._audience is not None:
            self._desk.say(f"{self._audience.tally()}: A shows the answers")

    def tell(self) -> None:
        """Say how many have answered and how the answers are spread."""
        if self._audience is None:
            self._desk.say("no class sees this screen; `kbview present` shows it to one")
            return
        spread = self._audience.spread()
        self._desk.say(f"{self._audience.tally()}{f'   {spread}' if spread else ''}")
