"""What the environment says about a terminal, and what is made of it."""

import subprocess
import sys

import pytest

from kbview.ui.options import Options
from kbview.ui.terminal import look, unsuitable
from kbview.ui.theme import Theme

MANY = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("options", "environ", "theme"),
    [
        (Options(), MANY, Theme.DARK),
        (Options(), {**MANY, "COLORFGBG": "0;15"}, Theme.LIGHT),
        (Options(), {**MANY, "COLORFGBG": "15;default;0"}, Theme.DARK),
        (Options(), {**MANY, "NO_COLOR": "1"}, Theme.MONO),
        (Options(), {**MANY, "NO_COLOR": ""}, Theme.DARK),
        (Options(color="256"), {**MANY, "NO_COLOR": "1"}, Theme.DARK),
        (Options(color="none"), MANY, Theme.MONO),
        (Options(), {"TERM": "linux"}, Theme.ANSI),
        (Options(theme="light"), {"TERM": "linux"}, Theme.ANSI),
        (Options(), {"TERM": "xterm", "COLORTERM": "truecolor"}, Theme.DARK),
        (Options(color="16", theme="mono"), MANY, Theme.MONO),
        (Options(theme="light"), MANY, Theme.LIGHT),
    ],
)
def test_theme(options: Options, environ: dict[str, str], theme: Theme) -> None:
    seen = look(options, environ)
    assert seen.theme is theme
    assert theme in seen.themes


def test_few_colours_offer_no_theme_with_many() -> None:
    assert Theme.DARK not in look(Options(color="16"), MANY).themes
    assert look(Options(color="none"), MANY).themes == (Theme.MONO,)


def test_ascii_on_request() -> None:
    assert look(Options(ascii=True), MANY).ascii


def test_a_pipe_is_no_terminal() -> None:
    assert "kbview run" in (unsuitable(MANY) or "")


def test_frames_per_second_are_bounded() -> None:
    assert Options(fps=0).frames_per_second == 1
    assert Options(fps=500).frames_per_second == 60
    assert Options(fps=10, low_bandwidth=True).frames_per_second == 2


def test_textual_is_not_imported_before_the_app_runs() -> None:
    code = "import sys, kbview.ui.start, kbview.ui.terminal; print('textual' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("environ", "is_ascii"),
    [
        ({"LANG": "C"}, True),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, True),
        ({"LC_CTYPE": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": "de_DE"}, True),
        ({"LANG": "C.UTF-8"}, False),
        ({"LC_ALL": "", "LANG": "en_US.utf8"}, False),
        ({}, False),
        ({"TERM": "linux", "LANG": "C.UTF-8"}, True),
    ],
)
def test_ascii_in_a_locale_that_is_not_utf8(environ: dict[str, str], is_ascii: bool) -> None:
    assert look(Options(), {"TERM": "xterm", **environ}).ascii == is_ascii
