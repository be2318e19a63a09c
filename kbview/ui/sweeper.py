"""The Sweeper contract: a small sweep of one setting, as the screen sees it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from kbview.state.interval import Interval
from kbview.ui.row import Size


class SweepKey(NamedTuple):
    """A setting that can be swept; `value` is the present one, as text."""

    name: str
    value: str
    unit: str
    meaning: str


class SweepState(NamedTuple):
    """The sweep that was begun last: its setting, its finished points of all, and what it leaves out.

    `key` is "" before the first sweep. `note` is one line for a person, "" for none.
    """

    key: str
    done: int
    of: int
    running: bool
    note: str


class Sweeper(Protocol):
    """Measures in another process, and never makes the screen wait."""

    @property
    def state(self) -> SweepState: ...

    @property
    def curves(self) -> Sequence[tuple[str, str]]:
        """The mark and the datapath of each curve; empty before the first sweep."""

    @property
    def figures(self) -> Sequence[str]:
        """The names of the figures that a curve can show."""

    def title(self, figure: str) -> str:
        """A figure with its unit."""

    def meaning(self, figure: str) -> str:
        """The definition of a figure."""

    def settings(self) -> Sequence[SweepKey]:
        """The settings that can be swept, the most telling first, with their present values."""

    def proposal(self, key: str) -> str:
        """Values around the present one, as a range that `start` takes; "" if there are none."""

    def start(self, key: str, values: str, datapaths: Sequence[str]) -> None:
        """Sweep a setting on the datapaths that can serve; an unfinished sweep is given up.

        Errors: SourceError with one line for a range or values that are refused.
        """

    def gather(self) -> bool:
        """Take the points that are finished; whether the picture has changed."""

    def draw(self, figure: str, size: Size, recent: Interval | None) -> Sequence[str]:
        """The curves so far as lines of text, with the present value and `recent`'s figure marked."""

    def stop(self) -> None:
        """Give up the points that are not finished; no process is left."""
