"""The Audience contract: the class that sees this screen, and the empty one."""

from collections.abc import Callable, Sequence
from typing import Protocol

from kbview.state.player import Player
from kbview.state.slide import Slide


class Audience(Protocol):
    """The followers of a presented screen. No call waits for any of them."""

    def see(self, width: int, rows: Sequence[str]) -> None:
        """Show a screen: its rows with their colours, each of `width` cells."""

    def hear(self, slide: Slide | None) -> None:
        """Ask the question of a slide while it is open; None or another slide closes it."""

    def watch(self, player: Player) -> None:
        """Keep the tape of this player, and its moment, for followers that look around alone."""

    def tally(self) -> str:
        """How many followers there are and have answered: "12 of 40 followers have answered"."""

    def spread(self) -> str:
        """How the answers are spread: "1: 4  2: 12  3: 0"; "" if nothing was asked."""

    def answered(self, tell: Callable[[], None] | None) -> None:
        """Call `tell` in any thread after each answer; None ends that."""
