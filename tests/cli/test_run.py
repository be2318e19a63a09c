"""`kbview run` and `list` as a program or a person calls them."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from kbview.cli.main import main
from kbview.emulator.datapath import Datapath
from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.scenario import Scenario
from kbview.emulator.settings import ScenarioError, Settings
from kbview.sources.emulated import profile
from kbview.sources.emulated.scenario import scenarios
from tests.cli.captures import HTTP

LONGEST_STEP_PS = 3_000_000  # a core may be inside a step when the run ends; it is booked whole
KBVIEW = [sys.executable, "-m", "kbview"]

# The schema of DESIGN.md, and `notes`: what a person is told beside the numbers.
SCHEMA: dict[str, Any] = {
    "version": int, "units": dict, "source": str, "origin": str, "datapath": str, "gives_frames": bool,
    "closed_loop": bool, "profile": str, "machine": str, "seed": (int, type(None)), "duration_ps": int,
    "frames": dict.fromkeys(
        ("arrived", "delivered", "consumed", "forwarded", "sent", "dropped", "missed", "in_flight"),
        int),
    "bytes": dict.fromkeys(("arrived", "delivered"), int),
    "counts": dict.fromkeys(
        ("interrupts", "completion_interrupts", "softirqs", "polls", "empty_polls", "syscalls",
         "mode_switches", "context_switches", "copies", "copied_bytes", "allocations", "frees",
         "wakeups", "tlb_misses", "unsent"), (int, type(None))),
    "latency_ps": dict.fromkeys(("min", "p50", "p90", "p99", "p999", "max"), (int, type(None))),
    "kernel_latency_ps": dict.fromkeys(
        ("min", "p50", "p90", "p99", "p999", "max"), (int, type(None))),
    "unseen": int,
    "lost_records": (int, type(None)),
    "drops": [{"where": str, "reason": str, "count": int}],
    "cores": [dict.fromkeys(
        ("cpu", "idle_ps", "hardirq_ps", "softirq_ps", "ksoftirqd_ps", "syscall_ps", "copy_ps",
         "user_ps", "poll_useful_ps", "poll_empty_ps"), int)],
    "stages": [{"stage": str, "count": int, "total_ps": int, "share": float}],
    "rates": dict.fromkeys(("offered_pps", "delivered_pps", "delivered_bps"), float),
    "notes": [str],
    "gauges": dict,
    "cores_shared": bool,
}  # fmt: skip


def check(value: Any, schema: Any, where: str = "report") -> None:
    """Compare keys, their order and types all the way down."""
    if isinstance(schema, dict):
        assert list(value) == list(schema), where
        for key, inner in schema.items():
            check(value[key], inner, f"{where}.{key}")
    elif isinstance(schema, list):
        for item in value:
            check(item, schema[0], where)
    else:
        assert isinstance(value, schema), (where, value)


def reports(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    """What `run --json` prints."""
    assert main(["run", *words, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    found: list[dict[str, Any]] = json.loads(out)
    return found


def able(scenario: Scenario | None) -> list[str]:
    """The datapaths that can serve a scenario; a capture, all of them."""
    if scenario is None:
        return list(DATAPATHS)
    needs_tcp = scenario.traffic.pattern == "tcp"
    fit = [kind for kind in DATAPATHS.values() if serves(kind, scenario.settings)]
    return [kind.name for kind in fit if (kind.speaks_tcp if needs_tcp else kind.takes_datagrams)]


def serves(kind: type[Datapath], settings: Settings) -> bool:
    """Whether it has the layer that these want."""
    try:
        kind.check(settings)
    except ScenarioError:
        return False
    return True


@pytest.mark.parametrize("source", [*sorted(scenarios()), *sorted(HTTP.parent.glob("*.pcap"))])
def test_the_report_has_its_schema_and_conserves(
    source: str | Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = reports(capsys, str(source), "--datapath", "all", "--until", "1000")
    scenario = scenarios().get(str(source))
    assert [report["datapath"] for report in found] == able(scenario)
    for report in found:
        check(report, SCHEMA)
        frames = report["frames"]
        gone = frames["delivered"] + frames["dropped"] + frames["missed"] + frames["in_flight"]
        assert frames["arrived"] == gone
        assert frames["dropped"] == sum(drop["count"] for drop in report["drops"])
        for core in report["cores"]:
            booked_ps = sum(core.values()) - core["cpu"]
            assert 0 <= booked_ps - report["duration_ps"] < LONGEST_STEP_PS


def test_all_datapaths_see_the_same_frames(capsys: pytest.CaptureFixture[str]) -> None:
    first, *others = reports(capsys, "overload-udp", "--datapath", "all", "--until", "8000")
    for other in others:
        assert other["frames"]["arrived"] == first["frames"]["arrived"]
        assert other["bytes"]["arrived"] == first["bytes"]["arrived"]


def test_the_same_seed_gives_the_same_report(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("steady-udp", "--set", "pattern=poisson", "--until", "5000", "--seed")
    assert reports(capsys, *words, "7") == reports(capsys, *words, "7")
    assert reports(capsys, *words, "7") != reports(capsys, *words, "8")


@pytest.mark.parametrize("packed", [False, True])
def test_a_pipe_is_as_good_as_the_file(
    packed: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = HTTP.read_bytes()
    pipe = io.BytesIO(gzip.compress(data) if packed else data)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(pipe))
    piped = reports(capsys, "-", "--datapath", "all")
    for report, expected in zip(piped, reports(capsys, str(HTTP), "--datapath", "all"), strict=True):
        assert report | {"source": ""} == expected | {"source": ""}


def test_the_table_fits_80_columns_and_agrees(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["run", "paced-udp", "--datapath", "kernel,dpdk"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    rows = {line[:36].strip(): line[36:].split() for line in lines if line.startswith("  ")}
    assert rows["arrived"] == rows["delivered"] == ["1,000", "1,000"]
    assert rows["interrupts"] == ["1.00", "0.00"]
    assert rows["mode switches"][1] == rows["copies by a CPU"][1] == "0.00"


def test_many_datapaths_are_a_line_each_and_agree_with_the_report(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    asked = ("overload-udp", "--datapath", "all", "--until", "8000")
    found = reports(capsys, *asked)
    assert main(["run", *asked]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    words = [line.replace("*", " ").replace("+", " ").split() for line in lines]
    rows = {row[0]: row[1:] for row in words if row and row[0] in DATAPATHS}
    reasons = "".join(lines)
    for report in found:
        got, _, _, _, calls, modes, _, copies, *_ = rows[report["datapath"]]
        frames, counts = report["frames"], report["counts"]
        assert float(got) == pytest.approx(100 * frames["delivered"] / frames["arrived"], abs=0.1)
        for text, name in ((calls, "syscalls"), (modes, "mode_switches"), (copies, "copies")):
            assert float(text) == pytest.approx(counts[name] / frames["delivered"], abs=0.01)
        dearest = next(each["stage"] for each in report["stages"] if "empty" not in each["stage"])
        assert f"{report['datapath']}: {dearest} " in reasons


def test_a_datapath_that_cannot_serve_is_left_out_with_the_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "short-connections", "--datapath", "all", "--until", "500"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert 'left out: datapath dpdk cannot serve app = "http"' in out


def test_a_datapath_that_cannot_serve_is_left_out_of_a_capture_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """docs/datapaths.md: `--datapath all` leaves the datapath out with the reason."""
    asked = ["run", "mixed.pcap", "--set", "app=echo", "--until", "20"]
    assert main([*asked, "--datapath", "all", "--json"]) == 0
    reports = json.loads(capsys.readouterr().out)
    assert [report["datapath"] for report in reports] == [
        name for name, kind in DATAPATHS.items() if "echo" in kind.serves
    ]
    reason = 'left out: datapath af_packet cannot serve app = "echo"; it serves sink, drop'
    assert all(reason in report["notes"] for report in reports)
    assert main([*asked, "--datapath", "af_packet"]) == 2
    assert "cannot serve" in capsys.readouterr().err


def test_list_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    for name in (*DATAPATHS, *profile.names(), *scenarios()):
        assert name in out


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["--version"], ["list"],
                                   ["run", "paced-udp", "--json"]])  # fmt: skip
def test_headless_commands_import_neither_textual_nor_scapy(words: list[str]) -> None:
    program = (
        "import sys; from kbview.cli.main import main\n"
        f"try: code = main({words!r})\n"
        "except SystemExit as end: code = end.code\n"
        "assert not code, code\n"
        "assert not {'textual', 'scapy', 'scapy.all'} & set(sys.modules)"
    )
    ended = subprocess.run(
        check=False, args=[sys.executable, "-c", program], capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr


def test_without_a_terminal_the_report_is_printed() -> None:
    ended = subprocess.run(
        check=False, args=[*KBVIEW, str(HTTP)], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert ended.returncode == 0
    assert "the screen needs a terminal" in ended.stderr
    assert "delivered" in ended.stdout


@pytest.mark.parametrize("words", [["--json"], []])
def test_a_closed_pipe_ends_it_silently(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        check=False,
        args=[*KBVIEW, "run", "paced-udp", *words],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    assert ended.returncode == 141
    assert ended.stderr == ""


@pytest.mark.parametrize(
    ("number", "codes"), [(signal.SIGINT, (130,)), (signal.SIGTERM, (143, -signal.SIGTERM))]
)
def test_a_signal_ends_a_long_run(number: signal.Signals, codes: tuple[int, ...]) -> None:
    program = subprocess.Popen(
        [*KBVIEW, "run", "steady-udp", "--set", "frames=100000000"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    process, end_s = psutil.Process(program.pid), time.monotonic() + 60
    while process.cpu_times().user < 1.5 and time.monotonic() < end_s:  # loaded, and at work
        time.sleep(0.02)
    program.send_signal(number)
    out, err = program.communicate(timeout=60)
    assert program.returncode in codes
    assert err == ""
    assert ("interrupted by Ctrl+C: these are the first" in out) == (number == signal.SIGINT)


def test_a_report_names_the_machine_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """A profile's name says nothing to a reader: processor, adapter, kernel and mitigations do."""
    assert main(["run", "paced-udp", "--until", "10"]) == 0
    out = capsys.readouterr().out
    assert "xdp18: Xeon E5-1650 v4 3.6 GHz, ConnectX-5, Linux 4.18, no mitigations\n" in out
