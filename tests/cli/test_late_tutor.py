"""The tutor of the screen loads the lessons at the first move, and opens what a lesson asks for."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from kbview.cli.app import App
from kbview.cli.teaching import LateTutor
from kbview.state.player import Player
from kbview.tape.source import SourceError


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def flags(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    App().add_arguments(parser)
    return parser.parse_args(words)


def test_a_screen_that_asks_for_no_lesson_loads_none() -> None:
    code = (
        "import sys, kbview.cli.app, kbview.cli.library, kbview.cli.teaching; "
        "tutor = kbview.cli.teaching.LateTutor(None); assert not tutor.busy and tutor.slide is None; "
        "sys.exit(any(name.startswith('kbview.lesson') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_a_lesson_is_opened_without_the_flags_of_the_first_source() -> None:
    tutor = LateTutor(flags("overload-udp", "--rate", "1000", "--ring", "64"), "", seed=17)
    opened = tutor.start("tour")
    try:
        assert opened.source.heading.name == "paced-udp"
        assert opened.source.heading.seed == 17
        assert opened.offers.tutor is tutor
        assert opened.offers.library is not None
        words = [item.word for item in opened.offers.library.shelf()]
        assert words[0] == "lesson tour"
        rows = {row.key: row.value for row in opened.offers.library.settings()}
        assert rows["ring"] == "1024"
    finally:
        opened.source.close()


def test_every_move_reaches_the_lesson() -> None:
    tutor = LateTutor(flags(), "")
    with pytest.raises(SourceError, match="no lesson is open"):
        tutor.backward()
    opened = tutor.begin()
    assert opened is not None
    try:
        player = Player(opened.source)
        tutor.take(player)
        while not tutor.advance(1.0):
            assert tutor.busy
        assert tutor.view == "overview"
        assert tutor.forward() is None
        tutor.close()
        assert tutor.slide is None
    finally:
        opened.source.close()
