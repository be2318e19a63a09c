"""The Tutor contract: lessons as the screen sees them, and the tutor that has none."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from kbview.state.slide import LessonPlace, Slide

if TYPE_CHECKING:
    from kbview.state.player import Player
    from kbview.ui.session import Opened, ShelfItem


class Tutor(Protocol):
    """One open lesson at most. Moves are calls; a place in a lesson is a value that can be sent.

    A move changes the slide at once. While `busy` the screen calls `advance` at each frame, which
    brings the state about. `wanted` is the source that the move needs, None if it goes on with this.
    Errors: moves and `advance` raise SourceError with one line for a person.
    """

    @property
    def slide(self) -> Slide | None:
        """The step on the screen; None if no lesson is open."""

    @property
    def busy(self) -> bool:
        """Whether a state is being brought about or a run is being measured."""

    @property
    def view(self) -> str:
        """The screen that the step asks for when it is there, "" for none."""

    def shelf(self) -> "Sequence[ShelfItem]":
        """The lessons that can be opened."""

    def start(self, name: str) -> "Opened":
        """Open a lesson at its bookmark, and its source. SourceError if there is none."""

    def take(self, player: "Player") -> None:
        """Go on with this player, which shows the source that was wanted, or another."""

    def advance(self, budget_s: float) -> bool:
        """Go on for so many seconds; True when the state is there or will never be."""

    def begin(self) -> "Opened | None":
        """Take up the lesson that was left last, or the tour."""

    def forward(self) -> "Opened | None":
        """To the next step; a question is passed. The source that is needed, None if this is it."""

    def backward(self) -> "Opened | None":
        """To the step before."""

    def answer(self, text: str) -> "Opened | None":
        """Answer the question; SourceError for a text that is no answer."""

    def go(self, place: LessonPlace) -> "Opened | None":
        """To any place of a lesson."""

    def close(self) -> None:
        """Put the lesson away; its bookmark stays."""
