"""A FIFO is a pipe like `-`; an output never destroys its input nor follows a link."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import BinaryIO

import pytest

from kbview.cli import piped
from kbview.cli.main import main
from kbview.sources.request import Choice
from kbview.sources.resolve import is_pipe, recording, resolve
from kbview.sources.tapes import temp_file
from kbview.tape.tape import Tape

HTTP = Path(recording("http.pcap") or "")


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    path = tmp_path / "small.kbt"
    assert main(["record", "paced-udp", "--until", "20", "-o", str(path)]) == 0
    return path


def fed(tmp_path: Path, data: bytes) -> Path:
    """A FIFO that a thread writes the data into, once."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    threading.Thread(target=path.write_bytes, args=(data,), daemon=True).start()
    return path


def test_a_tape_comes_through_a_fifo_as_through_standard_input(tmp_path: Path, tape: Path) -> None:
    fifo = fed(tmp_path, tape.read_bytes())
    assert is_pipe(str(fifo))
    assert not is_pipe(str(tape))
    source = resolve(str(fifo), Choice(), piped.stream_of(str(fifo)))
    source.pump(source.tape or Tape(), 1 << 62)
    try:
        assert source.name == "tape"
        assert source.tape is not None
        whole = resolve(str(tape), Choice())
        assert whole.tape is not None
        assert list(source.tape.read(0)) == list(whole.tape.read(0))
        whole.close()
    finally:
        source.close()


def test_a_capture_through_a_fifo_is_read_once_and_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(HTTP), "--json"]) == 0
    from_file = capsys.readouterr().out
    assert main(["run", str(fed(tmp_path, HTTP.read_bytes())), "--json"]) == 0
    from_fifo = capsys.readouterr().out
    assert from_fifo.count('"arrived"') == from_file.count('"arrived"')
    assert from_fifo.split('"frames"')[1] == from_file.split('"frames"')[1]


@pytest.mark.parametrize("link", ["same", "hard", "dotted"])
def test_force_never_empties_the_input(
    link: str, tape: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tape.read_bytes()
    output = {
        "same": tape,
        "hard": tape.with_name("hard.kbt"),
        "dotted": tape.parent / "x/../small.kbt",
    }
    (tape.parent / "x").mkdir()
    os.link(tape, tape.with_name("hard.kbt"))
    assert main(["record", str(tape), "-o", str(output[link]), "--force"]) == 2
    assert "is read as the input" in capsys.readouterr().err
    assert main(["export", str(tape), "--to", "csv", "-o", str(output[link]), "--force"]) == 2
    assert tape.read_bytes() == before


def test_force_never_empties_the_scenario_nor_the_profile(tmp_path: Path) -> None:
    from importlib.resources import files

    scenario, profile = tmp_path / "mine.toml", tmp_path / "costs.toml"
    scenario.write_text((files("kbview") / "scenarios" / "paced-udp.toml").read_text())
    profile.write_text((files("kbview") / "calibrations" / "xdp18.toml").read_text())
    words = ["record", str(scenario), "--profile", str(profile), "--until", "10", "--force", "-o"]
    for path in (scenario, profile):
        before = path.read_text()
        assert main([*words, str(path)]) == 2
        assert path.read_text() == before


def test_force_does_not_follow_a_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.kbt"
    target.write_text("of somebody else")
    link.symlink_to(target)
    assert main(["record", "paced-udp", "--until", "10", "-o", str(link), "--force"]) == 2
    assert "symbolic link" in capsys.readouterr().err
    assert target.read_text() == "of somebody else"


def test_a_user_without_a_home_gets_scratch_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    file: BinaryIO = temp_file.scratch_file()
    with file:
        temp_file.write_at(file, 0, b"kept")
        assert temp_file.read_at(file, 0, 4) == b"kept"


def test_a_fifo_without_a_writer_says_what_it_waits_for(tmp_path: Path) -> None:
    """It waited in silence. One Ctrl+C ends it; nothing is said on standard output."""
    fifo = tmp_path / "nobody"
    os.mkfifo(fifo)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "kbview", "run", str(fifo)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert (
            said == f"kbview: {fifo}: waiting for a program to write into this FIFO (Ctrl+C ends it)\n"
        )
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        assert (out, process.returncode) == ("", 130)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("words", [("compare", "FIFO", str(HTTP)), ("compare", str(HTTP), "FIFO")])
def test_each_fifo_of_a_comparison_says_what_it_waits_for(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    fifo = tmp_path / "nobody.pcap"
    os.mkfifo(fifo)
    process = subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-m",
            "kbview",
            *(str(fifo) if each == "FIFO" else each for each in words),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert process.stderr.readline().startswith(f"kbview: {fifo}: waiting for a program to write")
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    "words",
    [
        ("sweep", "FIFO", "--over", "rate=1k,2k"),
        ("find", "FIFO"),
        ("run", "paced-udp", "--profile", "FIFO"),
        ("serve", "FIFO"),
        ("lessons", "check", "FIFO"),
    ],
)
def test_a_fifo_that_would_be_read_more_than_once_is_refused_at_once(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No writer is there: a command that opened it would wait for ever."""
    fifo = tmp_path / "nobody.toml"
    os.mkfifo(fifo)
    assert main([str(fifo) if each == "FIFO" else each for each in words]) in (2, 3)
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "a pipe cannot be read" in err or "not a regular file" in err


def test_a_fifo_with_a_writer_that_is_in_time_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piped, "PATIENCE_S", 60.0)
    assert main(["run", str(fed(tmp_path, HTTP.read_bytes()))]) == 0
    assert "waiting" not in capsys.readouterr().err


def test_a_fifo_whose_writer_is_late_says_so_once_and_is_read_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer opens the FIFO and writes only after the sentence was printed."""
    told = threading.Event()
    said: list[str] = []

    def tell(text: str) -> None:
        said.append(text)
        told.set()

    fifo = tmp_path / "late"
    os.mkfifo(fifo)

    def write() -> None:
        with fifo.open("wb") as file:
            assert told.wait(60)
            file.write(HTTP.read_bytes())

    monkeypatch.setattr(piped, "PATIENCE_S", 0.05)
    monkeypatch.setattr(piped, "tell", tell)
    threading.Thread(target=write, daemon=True).start()
    assert main(["run", str(fifo)]) == 0
    assert len(said) == 1
    assert "428" in capsys.readouterr().out
