"""No text of a tape, a profile or a name acts on the terminal: every string is forged."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kbview.cli.main import main
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.tape.detail import Detail
from kbview.tape.kbt.header import Header
from kbview.tape.kbt.writer import TapeWriter
from kbview.tape.tape import Tape
from tests.terminal.screen import Terminal

# OSC 52 writes the clipboard, C1 0x9b begins a control sequence, U+202E reverses the line.
PARTS = ("\x1b]52;c;aGVsbG8=\x07", "\x9b31m", "\u202e")
HOSTILE = "".join(PARTS)
ACTS = [part.encode() for part in PARTS]


def forged(value: Any) -> Any:
    """The same value with every plain string in it made hostile."""
    if type(value) is str:
        return HOSTILE + value
    if isinstance(value, msgspec.Struct):
        names = type(value).__struct_fields__
        return msgspec.structs.replace(value, **{name: forged(getattr(value, name)) for name in names})
    if isinstance(value, Mapping):
        return {forged(key): forged(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(forged(held) for held in value)
    return value


def forge(word: str, path: Path) -> str:
    """A tape of this source with all of its strings forged."""
    choice = Choice(frames=None if word.endswith(".kbt") else 200)
    source = resolve(recording(word) or word, choice)
    told = source.tape or Tape()
    source.set_detail(Detail.STEPS)
    source.pump(told, 20 * 10**9)
    heading = msgspec.structs.replace(source.heading, notes=("a note",), profile="a profile")
    output = bytearray()
    writer = TapeWriter(output.extend, Header(forged(heading), source.capabilities, program=HOSTILE))
    writer.extend([forged(record) for record in islice(told.read(0), 20_000)])
    writer.close()
    source.close()
    path.write_bytes(output)
    return str(path)


@pytest.fixture(scope="module", params=["overload-udp", "lab.kbt"])
def tape(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return forge(request.param, tmp_path_factory.mktemp("forged") / "forged.kbt")


def harmless(output: bytes) -> bool:
    return not any(part in output for part in ACTS)


def printed(words: Sequence[str]) -> bytes:
    """All that the command sends to a terminal of its own."""
    with Terminal(size=(100, 30), program=[sys.executable, "-m", "kbview", *words]) as terminal:
        assert terminal.end() in (0, 2, 3)
        return terminal.output


def test_the_tape_is_hostile(tape: str) -> None:
    """Else the other tests would say nothing."""
    with closing(resolve(tape, Choice())) as source:
        heading = source.heading
    assert heading.profile.startswith(HOSTILE)


@pytest.mark.parametrize("words", [["run"], ["run", "--json"], ["compare"], ["compare", "--json"]])
def test_a_report_shows_them_as_escapes(words: list[str], tape: str) -> None:
    named = [tape, tape] if words[0] == "compare" else [tape]
    output = printed([words[0], *named, *words[1:]])
    assert b"]52;c;aGVsbG8=" in output, "it is shown, as text"
    assert harmless(output)


@pytest.mark.parametrize("form", ["csv", "jsonl", "chrome", "svg"])
def test_an_export_that_a_pager_may_show_holds_none(form: str, tape: str, tmp_path: Path) -> None:
    path = tmp_path / "out"
    assert main(["export", tape, "--to", form, "-o", str(path)]) == 0
    assert b"aGVsbG8=" in path.read_bytes()
    assert harmless(path.read_bytes())


def test_the_screens_show_them_as_escapes(tape: str) -> None:
    with Terminal(size=(120, 40), words=(tape,)) as terminal:
        terminal.wait_for("quit")
        terminal.press(" ")
        for key in (
            "\x1b[F",
            "2",
            "v",
            "3",
            "4",
            "5",
            "?",
            "?",
            "m",
            "\x1b",
            "1",
            "\t",
            "?",
            "?",
            ":",
            "52",
        ):
            terminal.press(key)
            terminal.read_for(0.4)
        assert b"aGVsbG8=" in terminal.output, "it is shown, as text"
        assert harmless(terminal.output)
        assert "Traceback" not in terminal.text


@pytest.mark.parametrize("flag", ["--profile", "--datapath", "--set", "--until", "--host"])
def test_a_refusal_names_a_hostile_word_in_one_harmless_line(flag: str) -> None:
    word = HOSTILE + ("=1" if flag == "--set" else ".toml")
    output = printed(["run", "paced-udp", flag, word])
    assert harmless(output)
    assert output.count(b"\n") == 1 or flag == "--host"


def test_a_profile_with_a_hostile_path_and_summary_is_harmless(tmp_path: Path) -> None:
    """The profile's own name is printed beside every number."""
    own = tmp_path / (HOSTILE + ".toml")
    own.write_text(
        files("kbview").joinpath("calibrations", "xdp18.toml").read_text(encoding="utf-8"), "utf-8"
    )
    output = printed(["run", "paced-udp", "--until", "5", "--profile", str(own)])
    assert b"delivered" in output
    assert harmless(output)
