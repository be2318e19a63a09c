"""The machine that the costs are of is named in words on the screen, and whole in the help."""

import pytest

from kbview.sources.emulated.scenario import scenarios
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.player import Player
from kbview.ui import chrome, sentence
from kbview.ui.row import Size, text_of
from kbview.ui.session import Session
from kbview.ui.theme import Theme


def player_of(word: str, profile: str | None = None) -> Player:
    source = resolve(word, Choice(profile=profile))
    player = Player(source)
    player.tick(0.1)
    source.close()
    return player


def rows(player: Player, size: Size) -> list[str]:
    """The title, and the row about the datapath in play."""
    (title,) = chrome.title(player, size)
    first, *_ = sentence.draw(Session(player, Theme.DARK), size)
    return [text_of(title), text_of(first)]


CASES = [("overload-udp", 80), ("paced-udp", 80), ("six-switches", 80), ("light-load", 80)]
CASES += [(word, width) for width in (100, 160) for word in scenarios()]


@pytest.mark.parametrize(("word", "width"), CASES)
def test_the_machine_of_the_costs_stands_on_the_screen_in_words(word: str, width: int) -> None:
    player = player_of(word)
    heading = player.source.heading
    assert heading.costs is not None
    last = heading.costs.summary.split(", ")[-1]
    told = [row for row in rows(player, Size(width, 3)) if last in row]
    assert len(told) == 1, rows(player, Size(width, 3))
    assert f"{heading.profile}: " in told[0]


def test_a_wide_title_has_the_whole_machine() -> None:
    player = player_of("overload-udp")
    title, _ = rows(player, Size(160, 3))
    assert "EMULATED xdp18: Xeon E5-1650 v4 3.6 GHz, ConnectX-5, Linux 4.18, no mitigations" in title


def test_without_room_the_pace_and_the_name_stay_and_the_words_go() -> None:
    title, first = rows(player_of("overload-udp"), Size(60, 3))
    assert "1 s = 200 µs" in title
    assert "mitigations" not in title + first


def test_costs_that_are_measured_name_no_machine() -> None:
    assert chrome.machine_words(player_of("lab.kbt"), 200) == ""
