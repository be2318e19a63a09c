"""The exit codes of docs/command-line.md: the table is complete, and each example gives its code."""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kbview.cli import errors
from kbview.cli.errors import INTERRUPTED, PERMISSION, PIPE_CLOSED, UNREADABLE, code_of
from kbview.tape.source import SourceError
from tests.terminal.screen import Terminal

DOC = Path(__file__).parents[2] / "docs" / "command-line.md"
ROWS = re.findall(r"^\| (\d+) \| (.*?) \| ?(.*?) ?\|$", DOC.read_text(encoding="utf-8"), re.MULTILINE)
PROGRAM = [sys.executable, "-m", "kbview"]
# kbview as a user without rights, even where root runs the tests
WITHOUT_RIGHTS = (
    "import sys; from kbview.cli import privilege; privilege.keep_only(frozenset());"
    "from kbview.cli.main import main; sys.exit(main())"
)


def example(code: int) -> str:
    """The command of a row."""
    found = [re.match(r"`(.*?)`", text) for number, _, text in ROWS if int(number) == code]
    assert found[0] is not None
    return found[0][1].replace("\\|", "|").replace("kbview ", f"{shlex.join(PROGRAM)} ")


def test_the_table_lists_every_code() -> None:
    signals = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM]
    known = {
        *range(errors.UNSUPPORTED + 1),
        INTERRUPTED,
        PIPE_CLOSED,
        *(128 + each for each in signals),
    }
    assert [int(code) for code, _, _ in ROWS] == sorted(known)


@pytest.mark.parametrize("code", [0, 1, 2, 3])
def test_an_example_gives_its_code(code: int, tmp_path: Path) -> None:
    ended = subprocess.run(
        ["sh", "-c", example(code)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == code
    assert ended.stderr.count("\n") == (code != 0)


@pytest.mark.skipif(not Path("/sys/class/net/lo").exists(), reason="no interface lo here")
@pytest.mark.parametrize("source", ["live:lo", "xdp:lo"])
def test_a_live_source_without_rights_is_a_missing_permission(source: str) -> None:
    """The line says what to run instead, and with which rights."""
    words = [sys.executable, "-c", WITHOUT_RIGHTS, "run", source, "--until", "1ms"]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (PERMISSION, "")
    assert ended.stderr.count("\n") == 1
    assert re.search(rf"run: sudo \S.* {source.replace(':', '.')}$", ended.stderr)


@pytest.mark.parametrize("name", ["a.pcap", "a.kbt", "a.toml"])
def test_a_file_without_the_right_to_read_it_is_one_too(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"x")
    path.chmod(0)
    words = [sys.executable, "-c", WITHOUT_RIGHTS, "run", str(path)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (PERMISSION, "")
    assert ended.stderr.startswith(f"kbview: {path}: ")


def test_only_an_unreadable_input_becomes_a_missing_permission() -> None:
    denied = SourceError("no", UNREADABLE)
    denied.__cause__ = PermissionError()
    assert code_of(denied, UNREADABLE) == PERMISSION
    assert code_of(denied, errors.USAGE) == errors.USAGE
    assert code_of(SourceError("no"), UNREADABLE) == UNREADABLE


def test_without_a_keyboard_no_screen_is_supported() -> None:
    command = f"{shlex.join(PROGRAM)} < /dev/null"
    with Terminal(program=["sh", "-c", command]) as terminal:
        assert terminal.end() == errors.UNSUPPORTED
        assert b"\x1b[?1049h" not in terminal.output


def test_a_reader_that_has_gone_gives_its_code(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run([*PROGRAM, "list"], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (PIPE_CLOSED, b"")
