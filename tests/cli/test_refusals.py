"""Bad input: one line that says what, where and what to do; DESIGN.md's exit code; nothing else."""

import os
import stat
from pathlib import Path

import pytest

from kbview.cli.main import main
from kbview.emulator.datapaths import DATAPATHS
from kbview.sources.emulated import profile
from tests.cli.captures import BROKEN, CUT, HTTP, make

USAGE, UNREADABLE = 2, 3
SYNTHETIC = "paced-udp"

# words after `kbview run`, exit code, what the line must say
REFUSED: list[tuple[list[str], int, str]] = [
    (["nowhere.pcap"], UNREADABLE, "nowhere.pcap: no such file"),
    ([""], UNREADABLE, "no such file"),
    ([SYNTHETIC, "--datapath", "nope"], USAGE, f"use {', '.join(DATAPATHS)} or all"),
    ([SYNTHETIC, "--datapath", "kernel,nope"], USAGE, "'nope'"),
    ([SYNTHETIC, "--profile", "nope"], USAGE, f"use one of {', '.join(profile.names())}"),
    ([SYNTHETIC, "--rate", "0"], USAGE, "use 0.001 to 1000000000"),
    ([SYNTHETIC, "--rate", "-5"], USAGE, "'-5' is not a number"),
    ([SYNTHETIC, "--rate", "nan"], USAGE, "'nan' is not a number"),
    ([SYNTHETIC, "--rate", "inf"], USAGE, "'inf' is not a number"),
    ([SYNTHETIC, "--rate", "fast"], USAGE, "write 800000"),
    ([SYNTHETIC, "--rate", "1e30"], USAGE, "write up to 1e15"),
    ([str(HTTP), "--rate", "0"], USAGE, "use 0.001 to 1000000000"),
    ([SYNTHETIC, "--ring", "300"], USAGE, "ring = 300 is not a power of two; use 256 or 512"),
    ([SYNTHETIC, "--ring", "0"], USAGE, "use powers of two, 2 to 65536"),
    ([SYNTHETIC, "--ring", "99999999"], USAGE, "use powers of two, 2 to 65536"),
    ([SYNTHETIC, "--cores", "0"], USAGE, "use 1 to 256"),
    ([SYNTHETIC, "--cores", "10000"], USAGE, "use 1 to 256"),
    ([SYNTHETIC, "--size", "9"], USAGE, "64 to 9622"),
    ([SYNTHETIC, "--flows", "0"], USAGE, "use 1 to 40000"),
    ([SYNTHETIC, "--set", "rate_pp=3"], USAGE, "did you mean rate_pps?"),
    ([SYNTHETIC, "--set", "traffic.rate_pp=3"], USAGE, "did you mean rate_pps?"),
    ([SYNTHETIC, "--set", "rate_pps"], USAGE, "write key=value"),
    (
        [SYNTHETIC, "--set", "ring=many"],
        USAGE,
        "--set ring: settings.ring: write a whole number, not text",
    ),
    ([SYNTHETIC, "--set", "ring=" + "[" * 900], USAGE, "--set ring: nested too deeply"),
    ([SYNTHETIC, "--set", "wait=sleep"], USAGE, 'use "read" or "epoll"'),
    ([SYNTHETIC, "--set", "app_cpu=9"], USAGE, "use 0 to 1"),
    ([SYNTHETIC, "--set", "moderation_us=inf"], USAGE, "use 0 to 2147483647"),
    ([SYNTHETIC, "--set", "app_cycles=1e308"], USAGE, "use 0 to 2147483647"),
    ([SYNTHETIC, "--set", "app_cycles=nan"], USAGE, "use 0 to 2147483647"),
    ([SYNTHETIC, "--set", "clock_mhz=1e9"], USAGE, "clock_mhz"),
    ([SYNTHETIC, "--set", "queues=129"], USAGE, "use 1 to 128"),
    ([SYNTHETIC, "--set", "app=http"], USAGE, 'use pattern = "tcp"'),
    (["short-connections", "--datapath", "dpdk"], USAGE, 'dpdk cannot serve app = "http"'),
    (["paced-udp", "--datapath", "mtcp"], USAGE, 'mtcp takes connections only; use pattern = "tcp"'),
    (["payced-udp"], USAGE, "neither a file nor a scenario; did you mean paced-udp?"),
    (["a" * 5000], UNREADABLE, "File name too long"),
    (["zzz"], USAGE, "neither a file nor a scenario; see `kbview list`"),
    ([SYNTHETIC, "--until", "soon"], USAGE, "is not a time"),
    ([SYNTHETIC, "--until", "9" * 5000], USAGE, "is too large; write up to 1000000000000000"),
    ([SYNTHETIC, "--until", "9" * 18 + "s"], USAGE, "is too long; write up to 43200min"),
    (
        [SYNTHETIC, "--set", "frames=" + "9" * 31],
        USAGE,
        "frames = a number of more than 30 digits",
    ),
    ([SYNTHETIC, "--set", "rate_pps=1e-300"], USAGE, "use 0.001 to 1000000000"),
    ([SYNTHETIC, "--gap", "3 weeks"], USAGE, "is not a time"),
    ([SYNTHETIC, "--seed", "x"], USAGE, "invalid int"),
    ([SYNTHETIC, "--host", "10.0.0.1"], USAGE, "--host is for captures"),
    ([str(HTTP), "--host", "192.0.2.1"], USAGE, "most go to 10.77.0.1"),
    ([str(HTTP), "--host", "somebody"], USAGE, "no frame is to or from it"),
    ([str(HTTP), "--size", "64"], USAGE, "a capture brings its own traffic"),
    ([str(HTTP), "--flows", "3"], USAGE, "a capture brings its own traffic"),
    (["tape.kbt"], UNREADABLE, "tape.kbt: no such file"),
    (["live:lo", "--rate", "5"], USAGE, "--rate is for the emulator; this is measured"),
    (["counters", "--ring", "5"], USAGE, "counters: nothing can be set there, not even ring"),
    (["dpdk:no-such", "--rate", "5"], USAGE, "--rate is for the emulator; this is measured"),
    ([], USAGE, "required: SOURCE"),
    ([SYNTHETIC, "--nonsense"], USAGE, "unrecognized arguments"),
]


def refused(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> tuple[int, str]:
    """The exit code and the one line; nothing printed, nothing written."""
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    try:
        code = main(words)
    except SystemExit as end:
        code = int(str(end.code))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("kbview: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert sorted(folder.iterdir()) == before
    return code, err


@pytest.mark.parametrize(("words", "code", "says"), REFUSED, ids=lambda value: str(value)[:40])
def test_refused_in_one_line(
    words: list[str],
    code: int,
    says: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    got, err = refused(["run", *words], capsys, monkeypatch, tmp_path)
    assert says in err
    assert got == code


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_capture_is_named(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = make(tmp_path, name)
    code, err = refused(["run", str(path)], capsys, monkeypatch, tmp_path)
    assert code == UNREADABLE
    assert name in err


def test_a_circle_of_links_is_a_file_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    assert main(["run", str(tmp_path / "one")]) == UNREADABLE
    assert "Too many levels of symbolic links" in capsys.readouterr().err


def test_a_directory_and_a_forbidden_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, err = refused(["run", str(tmp_path)], capsys, monkeypatch, tmp_path)
    assert code == UNREADABLE
    assert "a directory; name a capture in it" in err
    path = make(tmp_path, "cut.pcap")
    path.chmod(0)
    if not os.access(path, os.R_OK):  # root may read anything
        code, err = refused(["run", str(path)], capsys, monkeypatch, tmp_path)
        assert code == UNREADABLE
        assert "no permission" in err
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)


def test_scenarios_that_cannot_be(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for text, says in (
        ("x = [", "not TOML"),
        ("[traffic]\nrate_pp = 5", "did you mean rate_pps?"),
        ('name = "a"\nsummary = "b"\n[settings]\nring = 100', "use 64 or 128"),
        ('name = "a"\nsummary = "b"\nseed = "x"', "seed"),
        ('name = "a"\nsummary = "b"\ndatapath = "tin"', "datapath 'tin' is unknown"),
    ):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        code, err = refused(["run", str(path)], capsys, monkeypatch, tmp_path)
        assert says in err
        assert code == USAGE


def test_hostile_names_are_escaped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for word in ("\x1b[31mred.pcap", "a\nb.pcap", "\x9b2J.pcap"):
        _, err = refused(["run", word], capsys, monkeypatch, tmp_path)
        assert "\x1b" not in err
        assert "\x9b" not in err


@pytest.mark.parametrize("name", CUT)
def test_a_cut_capture_is_replayed_up_to_there_and_says_so(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["run", str(make(tmp_path, name)), "--datapath", "all"]) == 0
    out, err = capsys.readouterr()
    assert "replayed up to there" in out
    assert err == ""
