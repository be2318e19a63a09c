"""The palette: Textual's box that finds commands by their words, filled with those of kbview."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from textual.app import SystemCommand
from textual.command import CommandPalette
from textual.widgets import Input

from kbview.state.until import Until, choices
from kbview.ui.characters import clean
from kbview.ui.keys import Key


class Palette(CommandPalette):
    """Textual's palette without its blinking cursor, which would be traffic."""

    def on_mount(self) -> None:
        """Hold the cursor still."""
        self.query_one(Input).cursor_blink = False


def key_commands(keys: Sequence[Key], press: Callable[[str], object]) -> Iterator[SystemCommand]:
    """A command for each key of a screen. `press` runs the action of a key."""
    for key in keys:
        if key.action != "command_palette" and key.id != "help":
            yield SystemCommand(key.meaning.capitalize(), f"key {key.shown}", partial(press, key.bound))


def run_commands(run: Callable[[Until], object]) -> Iterator[SystemCommand]:
    """A command for each condition that a run can stop at."""
    for until in choices():
        yield SystemCommand(f"Run until {until.what}", "", partial(run, until))


def word_commands(
    words: Iterable[tuple[str, str]], explain: Callable[[str], object]
) -> Iterator[SystemCommand]:
    """A command for each word of the dictionary, with its kind."""
    for word, kind in words:
        yield SystemCommand(clean(word), kind, partial(explain, word), discover=False)
