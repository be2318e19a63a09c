"""`kbview export --to cast`: an asciicast that a terminal draws as the app's own screen.

Format: docs.asciinema.org/manual/asciicast/v2
"""

import json
from pathlib import Path
from typing import Any

import pyte
import pytest

from kbview.cli.main import main

_SIZE = (80, 24)
_FRAME_S = 0.1
_WORDS = ("--from", "100us", "--until", "101.21us")  # at 20 ns a second it would last 60.5 s


def exported(path: Path, *words: str) -> tuple[dict[str, Any], list[tuple[float, str, str]]]:
    """The header and the lines of the cast of paced-udp."""
    assert main(["export", "paced-udp", "--to", "cast", "-o", str(path), *words]) == 0
    header, *lines = (json.loads(line) for line in path.read_text().splitlines())
    return header, [(float(time_s), kind, text) for time_s, kind, text in lines]


def screens(header: dict[str, Any], lines: list[tuple[float, str, str]]) -> list[list[str]]:
    """The rows of a terminal after each line."""
    screen = pyte.Screen(header["width"], header["height"])
    stream = pyte.Stream(screen)
    shown = []
    for _, _, text in lines:
        stream.feed(text)
        shown.append(list(screen.display))
    return shown


@pytest.fixture(scope="module")
def cast(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, Any], list[tuple[float, str, str]]]:
    return exported(tmp_path_factory.mktemp("cast") / "a.cast", *_WORDS)


def test_the_header_says_emulated_and_the_size(
    cast: tuple[dict[str, Any], list[tuple[float, str, str]]],
) -> None:
    header, _ = cast
    assert header["version"] == 2
    assert (header["width"], header["height"]) == _SIZE
    assert "EMULATED with costs of xdp18: paced-udp" in header["title"]


def test_the_lines_are_output_in_order_and_within_the_duration(
    cast: tuple[dict[str, Any], list[tuple[float, str, str]]],
) -> None:
    header, lines = cast
    times = [time_s for time_s, _, _ in lines]
    assert {kind for _, kind, _ in lines} == {"o"}
    assert times == sorted(times)
    assert times[0] == 0
    assert times[-1] == header["duration"] <= 60


def test_a_terminal_draws_the_stretch_from_its_begin_to_its_end(
    cast: tuple[dict[str, Any], list[tuple[float, str, str]]],
) -> None:
    """The title row has the speed, which is the speed of the cast, and the time of each frame."""
    header, lines = cast
    shown = screens(header, lines)
    assert all("EMULATED xdp18" in rows[0] for rows in shown)
    assert "t 100.000 µs" in shown[0][0]
    assert "t 101.210 µs" in shown[-1][0]
    assert "1 s = 50 ns" in shown[0][0]
    assert header["duration"] == pytest.approx(1210 / 50, abs=_FRAME_S)
    assert "wire▸NIC" in shown[0][2]


def test_a_later_line_has_only_the_rows_that_changed(
    cast: tuple[dict[str, Any], list[tuple[float, str, str]]],
) -> None:
    _, lines = cast
    sizes = sorted(len(text) for _, _, text in lines[1:])
    assert sizes[len(sizes) // 2] < len(lines[0][2]) / 4


def test_another_screen_and_size(tmp_path: Path) -> None:
    words = ["--from", "0us", "--until", "60ps", "--screen", "costs", "--size", "100x30"]
    header, lines = exported(tmp_path / "a.cast", *words)
    assert (header["width"], header["height"]) == (100, 30)
    assert any("ns" in row for row in screens(header, lines)[-1])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--from", "2ms", "--until", "1ms"], "nothing lies between --from and --until"),
        (["--until", "1us", "--size", "5000x24"], "too large; use at most 500x200"),
        (["--until", "1us", "--screen", "nine"], "there is none of this name"),
    ],
)
def test_refused_in_one_line_without_a_file(
    words: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "a.cast"
    assert main(["export", "paced-udp", "--to", "cast", "-o", str(made), *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err
    assert not made.exists()
