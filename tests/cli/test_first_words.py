"""The first words on the command line, and streams that the caller has closed or filled."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kbview import __version__
from kbview.cli import errors
from kbview.cli.main import COMMANDS, main
from kbview.emulator import engine


@pytest.mark.parametrize("words", [["--version"], ["-V"], ["version"]])
def test_the_version_is_printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    kind = "in pure Python" if engine.__file__.endswith(".py") else "compiled"
    assert capsys.readouterr().out == f"kbview {__version__} (emulator {kind})\n"


@pytest.mark.parametrize("words", [["help"], ["help", "run"]])
def test_help_is_a_word_too(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    assert ("exit codes" in capsys.readouterr().out) == (len(words) == 1)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("runn", "run"),
        ("valdate", "validate"),
        ("lsit", "list"),
        ("recrod", "record"),
        ("compar", "compare"),
    ],
)
def test_a_misspelt_command_is_told_its_neighbour(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([typed, "paced-udp"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        f"kbview: {typed}: no such command; did you mean `kbview {meant}`?\n"
    )


def test_a_file_that_is_called_nearly_as_a_command_is_a_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runn").write_bytes(b"no capture")
    main(["runn"])
    assert "no such command" not in capsys.readouterr().err


def test_no_command_is_close_to_a_scenario() -> None:
    from kbview.sources.emulated.opener import bundled

    assert not bundled() & COMMANDS.keys()


PROGRAM = [sys.executable, "-m", "kbview"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_no_mistake_of_the_program() -> None:
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [*PROGRAM, "run", "paced-udp", "--until", "5"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == errors.FAILED
    assert ended.stderr == "kbview: standard output: No space left on device\n"


@pytest.mark.parametrize("command", [["list"], ["run", "paced-udp", "--until", "5"]])
def test_a_closed_standard_output_is_said_and_fails(command: list[str]) -> None:
    ended = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *PROGRAM, *command],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert ended.returncode == errors.FAILED
    assert ended.stderr.startswith("kbview: standard output")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [["run", "-"], ["record", "-", "-o", "/dev/null"]])
def test_a_closed_standard_input_is_said(command: list[str]) -> None:
    ended = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *PROGRAM, *command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (errors.UNREADABLE, "")
    assert ended.stderr == "kbview: standard input is closed; nothing can be read from -\n"


def test_a_closed_standard_error_does_not_hinder() -> None:
    ended = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *PROGRAM, "list"], stdout=subprocess.PIPE, check=False
    )
    assert ended.returncode == 0
    assert b"overload-udp" in ended.stdout


def test_advice_names_a_command_that_sudo_finds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "a folder" / "kbview"
    program.parent.mkdir()
    program.touch()
    monkeypatch.delenv("KBVIEW_COMMAND", raising=False)
    monkeypatch.setattr(sys, "argv", [str(program), "doctor"])
    assert errors.with_path("run: sudo kbview lab") == f"run: sudo '{program}' lab"
    monkeypatch.setenv("KBVIEW_COMMAND", "/opt/kbview/run")
    assert errors.with_path("run: sudo kbview lab") == "run: sudo /opt/kbview/run lab"
    monkeypatch.delenv("KBVIEW_COMMAND")
    monkeypatch.setattr(sys, "argv", [os.devnull])
    assert errors.with_path("sudo kbview lab") == f"sudo {sys.executable} -m kbview lab"
    assert errors.with_path("nothing to run") == "nothing to run"
