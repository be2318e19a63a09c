"""The key table is the one list of what the keys do."""

import re

import pytest

from kbview.state.player import Player
from kbview.ui import chrome
from kbview.ui.key_names import _TEXTUAL
from kbview.ui.keys import KEYS, Key, hints, of
from kbview.ui.row import Size, text_of
from kbview.ui.screens import VIEWS
from kbview.ui.shell import Shell
from tests.ui.scripted import Scripted
from tests.ui.test_shell import LOOK

# Labels on the screen, by Textual's names of the keys; and characters, by theirs.
SPELT = {"↑": "up", "↓": "down", "←": "left", "→": "right", "Esc": "escape", "Enter": "enter"}
SPELT |= {"PgUp": "pageup", "PgDn": "pagedown", "Tab": "tab", "Home": "home", "End": "end"}
SPELT |= {f"^{letter}": f"ctrl+{letter.lower()}" for letter in "CPZ"}
TYPED = {name: character for character, name in _TEXTUAL.items() if character != " "}


@pytest.mark.parametrize("width", [60, 80])
def test_the_bottom_line_of_each_screen_leads_to_help_and_out(width: int) -> None:
    for view in VIEWS:
        (row,) = chrome.keys(hints(view.view), Size(width, 1))
        assert {"? help", "q quit"} <= set(re.split(r" {2,}", text_of(row).strip())), view.view


def test_every_key_without_an_action_has_one_command_and_every_command_a_key() -> None:
    shell = Shell(Player(Scripted()), LOOK, fps=20)
    assert set(shell._commands) == {key.id for key in KEYS if not key.action}


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.id)
def test_a_label_names_the_keys_of_its_own_command_and_no_other(key: Key) -> None:
    """A label such as ↑↓ on one of a pair says of each key the opposite of its command."""
    shown = key.shown.replace("shift ", "shift+").split()
    named = ["+".join(SPELT.get(part, part) for part in word.split("+")) for word in shown]
    bound = [TYPED.get(name, name) for name in key.keys.split(",")]
    assert set(named) <= set(bound)
    if key.pair:
        assert key.pair[0] == key.shown[0]
        opposite = next(
            other for other in KEYS if other.view == key.view and other.shown[0] == key.pair[1]
        )
        assert opposite.action.replace("(1)", "(-1)") == key.action


@pytest.mark.parametrize("view", [view.view for view in VIEWS])
def test_a_screen_binds_a_key_once_and_its_label_names_a_key_that_it_binds(view: str) -> None:
    names = [name for key in of(view) for name in key.keys.split(",")]
    assert len(names) == len(set(names))
    assert hints(view)
