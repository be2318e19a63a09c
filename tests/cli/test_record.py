"""`kbview record`: what is on the tape is what was seen, however the recording ends."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kbview.cli.main import main
from kbview.emulator.datapaths import DATAPATHS
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape.detail import Detail
from kbview.tape.events import SourceEnded
from kbview.tape.source import Origin
from tests.cli.captures import HTTP

KBVIEW = [sys.executable, "-m", "kbview"]
ENDLESS = ["record", "steady-udp", "--set", "frames=100000000", "--detail", "milestones", "-o"]
# What a tape's report says differently; of the machine a tape keeps the profile's name alone.
FOREIGN = {"source", "origin", "notes", "seed", "machine"}


def reports(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert main(["run", *words, "--json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return [{key: value for key, value in one.items() if key not in FOREIGN} for one in found]


@pytest.mark.parametrize("detail", [detail.name.lower() for detail in Detail])
@pytest.mark.parametrize("datapath", DATAPATHS)
def test_a_tape_tells_what_its_source_told(
    datapath: str, detail: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tape = str(tmp_path / "a.kbt")
    word = "overload-udp" if DATAPATHS[datapath].takes_datagrams else "short-connections"
    words = [word, "--until", "3000", "--datapath", datapath]
    assert main(["record", *words, "-o", tape, "--detail", detail]) == 0
    capsys.readouterr()
    assert reports(capsys, tape) == reports(capsys, *words)


def test_a_part_of_a_tape_and_less_of_its_detail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, part = str(tmp_path / "whole.kbt"), str(tmp_path / "part.kbt")
    assert main(["record", str(HTTP), "-o", whole]) == 0
    assert main(["record", whole, "-o", part, "--until", "20ms", "--detail", "milestones"]) == 0
    capsys.readouterr()
    assert reports(capsys, part) == reports(capsys, whole, "--until", "20ms")
    with closing(resolve(part, Choice())) as source:
        assert source.heading.original is Origin.EMULATED
        assert source.capabilities.detail is Detail.MILESTONES


def test_through_a_pipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorder = subprocess.Popen(
        [*KBVIEW, "record", str(HTTP), "-o", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    reader = subprocess.run(
        [*KBVIEW, "run", "-", "--json"], stdin=recorder.stdout, capture_output=True, check=True
    )
    assert recorder.stdout is not None
    recorder.stdout.close()
    assert b"records in" in recorder.communicate()[1]
    assert recorder.returncode == 0
    report = json.loads(reader.stdout)[0]
    assert report["origin"] == "recorded"
    assert report["frames"] == reports(capsys, str(HTTP))[0]["frames"]


def test_the_same_run_gives_the_same_tape(tmp_path: Path) -> None:
    tapes = [tmp_path / name for name in ("a.kbt", "b.kbt")]
    for tape in tapes:
        assert main(["record", "paced-udp", "--until", "300", "-o", str(tape)]) == 0
    assert tapes[0].read_bytes() == tapes[1].read_bytes()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_in_good_order(number: signal.Signals, code: int, tmp_path: Path) -> None:
    tape = tmp_path / "a.kbt"
    recorder = subprocess.Popen([*KBVIEW, *ENDLESS, str(tape)], stderr=subprocess.PIPE, text=True)
    wait_for(tape, 20_000)
    recorder.send_signal(number)
    _, err = recorder.communicate(timeout=30)
    assert recorder.returncode == code
    assert err.count("\n") == 1
    assert "records in" in err
    with closing(resolve(str(tape), Choice())) as source:
        assert source.ended
        assert source.tape is not None
        last = next(source.tape.read(source.tape.length - 1))
        assert last == SourceEnded(source.tape.end_ps, "recorded up to here")


def test_killed_it_leaves_a_tape_that_opens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tape = tmp_path / "a.kbt"
    recorder = subprocess.Popen([*KBVIEW, *ENDLESS, str(tape)], stderr=subprocess.DEVNULL)
    wait_for(tape, 200_000)  # several writes: the totals are those of the last sample among them
    recorder.kill()
    recorder.wait()
    assert main(["run", str(tape), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)[0]
    assert report["frames"]["arrived"] > 1000
    assert "cut off: its writer did not end in good order" in report["notes"][-1]


def wait_for(tape: Path, size: int) -> None:
    """Until so much is written; a second later than that the recorder has flushed again."""
    for _ in range(600):
        if tape.exists() and tape.stat().st_size > size:
            return
        time.sleep(0.05)
    raise AssertionError("nothing is written")


def test_a_full_disk_is_one_line_and_a_readable_tape(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["record", str(HTTP), "-o", "/dev/full", "--force"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "No space left on device" in err
    tape = tmp_path / "a.kbt"
    program = (
        "import resource, signal, sys; from kbview.cli.main import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        f"sys.exit(main(['record', {str(HTTP)!r}, '-o', {str(tape)!r}]))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert tape.stat().st_size == 50_000
    assert main(["run", str(tape)]) == 0
    assert "cut off" in capsys.readouterr().out


def test_a_closed_pipe_ends_it_silently() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*KBVIEW, "record", "paced-udp", "-o", "-"],
        stdout=writing, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writing)
    assert ended.returncode == 141
    assert ended.stderr == ""


def test_refusals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = tmp_path / "a.kbt"
    tape.write_bytes(b"mine")
    for words, code, says in (
        (["paced-udp", "-o", str(tape)], 2, "exists; name another file, or --force"),
        (["paced-udp", "-o", str(tmp_path)], 2, "exists"),
        (["paced-udp", "-o", str(tmp_path / "no" / "a.kbt")], 2, "No such file or directory"),
        (["paced-udp", "-o", "a\0b"], 2, "no file can have this name"),
        (["nowhere.pcap", "-o", str(tmp_path / "b.kbt")], 3, "no such file"),
        (["nowhere.kbt", "-o", str(tmp_path / "b.kbt")], 3, "no such file"),
        ([str(tape), "-o", str(tmp_path / "b.kbt")], 3, "no tape that can be read"),
    ):
        assert main(["record", *words]) == code
        err = capsys.readouterr().err
        assert says in err
        assert err.count("\n") == 1
    assert tape.read_bytes() == b"mine"
    assert not (tmp_path / "b.kbt").exists()
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", terminal)
    assert main(["record", "paced-udp", "-o", "-"]) == 2
    assert "a tape is not for a terminal" in capsys.readouterr().err


def test_what_changes_a_model_cannot_change_a_tape(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tape = str(tmp_path / "a.kbt")
    assert main(["record", "paced-udp", "--until", "50", "-o", tape]) == 0
    capsys.readouterr()
    for flags in (["--rate", "5"], ["--ring", "64"], ["--host", "10.0.0.1"], ["--seed", "4"],
                  ["--until", "7"], ["--profile", "xdp18"], ["--datapath", "dpdk"]):  # fmt: skip
        assert main(["run", tape, *flags]) == 2
        err = capsys.readouterr().err
        assert flags[0] in err
        assert err.count("\n") == 1


def test_only_one_records_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tape = tmp_path / "a.kbt"
    recorder = subprocess.Popen([*KBVIEW, *ENDLESS, str(tape)], stderr=subprocess.DEVNULL)
    wait_for(tape, 10_000)
    assert main(["record", "paced-udp", "-o", str(tape), "--force"]) == 2
    assert "somebody is recording to it" in capsys.readouterr().err
    assert main(["run", str(tape)]) == 0
    assert "still being written" in capsys.readouterr().out
    recorder.kill()
    recorder.wait()
