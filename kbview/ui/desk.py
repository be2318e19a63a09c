"""The Desk contract: the parts of the shell act on it, and each part holds the commands of some keys.

    Shell ──┬── Controls    play, step, leap, markers, load, go to, run until
            ├── Datapaths   toggle and choose
            ├── Files       write the tape, draw the screen
            ├── Opening     open another source, set its settings
            ├── Teaching    walk through a lesson
            ├── Projector   show the screen to a class, if there is one
            └── Explain     select a part, explain it, copy it, find a word

A command is found by the id of its key in `keys.KEYS`.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from textual.screen import Screen

from kbview.ui.session import Opened

if TYPE_CHECKING:
    from kbview.ui.view import View

Command = Callable[[], Any]
Commands = Mapping[str, Command]
Answer = TypeVar("Answer")


class Desk(Protocol):
    """The shell as its parts see it. `view` is the screen on top, None if something covers it."""

    @property
    def view(self) -> "View | None": ...

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Call `act`; if its source fails for good, show the error and return None."""

    def say(self, message: str) -> None:
        """Show a sentence for a few seconds."""

    def moved(self) -> None:
        """Draw everything and run or stop the frame timer: the view or the play has changed."""

    def show_view(self, name: str) -> None:
        """Show one of the screens."""

    def turn_to(self, opened: Opened) -> None:
        """Close this source and show another one."""

    def copy_to_clipboard(self, text: str) -> None:
        """Ask the terminal to take the text into its clipboard; nothing answers."""

    def ask(self, box: Screen[Answer], then: Callable[[Answer | None], None]) -> None:
        """Show a box and call `then` with its answer; None if it was left."""
