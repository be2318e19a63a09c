"""The key table is the one list of what the keys do."""

import pytest

from kbview.state.player import Player
from kbview.ui.keys import KEYS, hints, of
from kbview.ui.screens import VIEWS
from kbview.ui.shell import Shell
from tests.ui.scripted import Scripted
from tests.ui.test_shell import LOOK


def test_every_key_without_an_action_has_one_command_and_every_command_a_key() -> None:
    shell = Shell(Player(Scripted()), LOOK, fps=20)
    assert set(shell._commands) == {key.id for key in KEYS if not key.action}


@pytest.mark.parametrize("view", [view.view for view in VIEWS])
def test_a_screen_binds_a_key_once_and_its_label_names_a_key_that_it_binds(view: str) -> None:
    names = [name for key in of(view) for name in key.keys.split(",")]
    assert len(names) == len(set(names))
    assert hints(view)
