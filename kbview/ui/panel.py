"""The Panel contract: a panel draws one answer from the state, and keeps nothing."""

from abc import ABC, abstractmethod
from textwrap import wrap
from typing import ClassVar

from kbview.state.state import State
from kbview.tape.source import Capabilities
from kbview.ui.row import Row, Size, block, spread


class Panel(ABC):
    """Draws rows of plain text with style names; it knows neither Textual nor the terminal.

    `help` defines each number it shows, in a line. `needs` names the meters it draws from; where
    the source cannot know one of them the panel stays, greyed, and says so. `least` is the
    height with which it says something, title included; `weight` its share of what is left.
    `most` is the height beyond which rows would only make its bars longer.
    `optional`: where its source cannot feed it, it is left out rather than greyed.
    `cadence` is how many frames of the screen one picture stays up: what need not move at every
    frame should not, for the reader's eye as much as for the line.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[tuple[tuple[str, str], ...]]
    needs: ClassVar[frozenset[str]] = frozenset()
    least: ClassVar[int]
    weight: ClassVar[int]
    most: ClassVar[int] = 1 << 10
    cadence: ClassVar[int] = 5
    optional: ClassVar[bool] = False

    @abstractmethod
    def body(self, state: State, size: Size) -> list[Row]:
        """What stands below the title; rows beyond `size` are cut."""

    def summary(self, state: State) -> str:
        """A few words at the right end of the title."""
        del state
        return ""

    def draw(self, state: State, size: Size) -> list[Row]:
        """The whole panel: `size.height` rows of exactly `size.width` cells."""
        body = self.body(state, Size(size.width, size.height - 1))
        return block([self._rule(self.summary(state), size.width), *body], size)

    def lacks(self, capabilities: Capabilities) -> str | None:
        """None, or why this source cannot feed the panel."""
        missing = sorted(name.replace("_", " ") for name in self.needs - capabilities.meters)
        return f"this source cannot know {' or '.join(missing)}" if missing else None

    def draw_greyed(self, reason: str, size: Size) -> list[Row]:
        """The panel in its place, without numbers: unknown is not zero."""
        lines: list[Row] = [[(line, "faint")] for line in wrap(reason, size.width)]
        return block([self._rule("", size.width), *lines], size)

    def _rule(self, summary: str, width: int) -> Row:
        left: Row = [("─ ", "rule"), (self.title, "title"), (" ", "rule")]
        right: Row = [(f" {summary} ", "dim"), ("─", "rule")] if summary else []
        return spread(left, right, width, ("─", "rule"))
