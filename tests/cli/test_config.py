"""Preferences: the flag, then the variable, then the file; other keys; and refusals in one line."""

import argparse
from pathlib import Path

import pytest

from kbview.cli import preferences
from kbview.cli.main import main
from kbview.cli.preferences import Preferences
from kbview.tape.source import SourceError
from kbview.ui import keys
from kbview.ui.options import Options
from tests.terminal.screen import Terminal


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "kbview" / "config.toml"
    path.parent.mkdir()
    return path


def test_a_flag_comes_before_the_variable_and_the_variable_before_the_file() -> None:
    flags = argparse.Namespace(theme="mono", fps=None, ascii=None)
    kept = Preferences(theme="dark", fps=20, ascii=True, color="16")
    environ = {"KBVIEW_THEME": "light", "KBVIEW_FPS": "30", "KBVIEW_LOW_BANDWIDTH": "yes"}
    assert preferences.options(flags, kept, environ) == Options(
        theme="mono", fps=30, ascii=True, color="16", low_bandwidth=True
    )
    assert preferences.options(argparse.Namespace(), Preferences(), {}) == Options()


def test_a_flag_can_turn_the_files_wish_off() -> None:
    chosen = preferences.options(argparse.Namespace(ascii=False), Preferences(ascii=True), {})
    assert not chosen.ascii


def test_the_template_is_valid_with_every_line_in_force(file: Path) -> None:
    wished = [
        line.removeprefix("# ") if "=" in line or "[" in line else line
        for line in preferences.TEMPLATE.splitlines()[1:]
    ]
    file.write_text("\n".join(wished))
    found = preferences.read()
    assert (found.theme, found.color, found.fps, found.ascii) == ("auto", "auto", 10, False)
    assert {key.id: key.keys for key in keys.remapped(found.keys)}["step"] == "x,full_stop"


def test_show_names_the_origin_of_every_value(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('theme = "light"\n[keys]\nplay = "p"\n')
    monkeypatch.setenv("KBVIEW_FPS", "5")
    assert main(["config"]) == 0
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert told[0] == [str(file)]
    assert ["theme", "light", "config.toml"] in told
    assert ["fps", "5", "KBVIEW_FPS"] in told
    assert ["ascii", "false", "default"] in told
    assert ["play", "p", "config.toml,", "[keys]"] in told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("theme = ", "see `kbview config template`"),
        ('theme = "pink"', "pink"),
        ("themes = 1", "themes"),
        ("fps = true", "fps"),
        ('[keys]\nplya = "p"', "did you mean play?"),
        ('[keys]\nplay = ""', "names no key"),
        ('[keys]\nplay = "t"', "is the key of toggle already"),
        ("x = " + "[" * 3000 + "]" * 3000, "config.toml"),
        ("x = 1\n" * 200_000, "larger than"),
    ],
)
def test_a_file_that_cannot_be_is_one_line(
    text: str, says: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(text)
    assert main(["config"]) in (2, 3)
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err


@pytest.mark.parametrize(
    "pair", [("KBVIEW_THEME", "pink"), ("KBVIEW_FPS", "ten"), ("KBVIEW_ASCII", "2")]
)
def test_a_variable_that_cannot_be_is_named(pair: tuple[str, str]) -> None:
    with pytest.raises(SourceError, match=pair[0]):
        preferences.options(argparse.Namespace(), Preferences(), dict([pair]))


def test_no_home_is_no_preferences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preferences, "place", _no_home)
    assert preferences.read() == Preferences()


def _no_home() -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_a_command_has_its_new_key_on_the_screen_and_a_place_to_begin_at(file: Path) -> None:
    file.write_text('ascii = true\n[keys]\nquit = "x"\nplay = "p"\n')
    environ = {"XDG_CONFIG_HOME": str(file.parents[1])}
    with Terminal(words=("paced-udp", "--at", "3ms"), environ=environ) as terminal:
        terminal.wait_for("x quit")
        terminal.wait_for("3.0")
        assert terminal.output.isascii(), "as the file says"
        terminal.press("p")
        terminal.read_for(0.5)
        terminal.press("q")
        terminal.read_for(0.5)
        assert terminal.process.poll() is None, "q is no key any more"
        terminal.press("x")
        assert terminal.end() == 0
