"""`kbview export`: what is on a tape, read back by other programs' rules."""

import csv
import io
import json
from pathlib import Path

import pytest
from scapy.utils import PcapNgReader

from kbview.cli.main import main
from kbview.packet.capture import open_capture
from tests.cli.captures import HTTP


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("export") / "a.kbt")
    words = ["record", str(HTTP), "--snap", "65535", "--until", "3ms", "-o", path]
    assert main(words) == 0
    return path


def exported(tape: str, kind: str, folder: Path, *more: str) -> bytes:
    path = folder / f"a.{kind}"
    assert main(["export", tape, "--to", kind, "-o", str(path), *more]) == 0
    return path.read_bytes()


def delivered(tape: str, capsys: pytest.CaptureFixture[str]) -> int:
    assert main(["run", tape, "--json"]) == 0
    count: int = json.loads(capsys.readouterr().out)[0]["frames"]["delivered"]
    return count


def test_rows_tell_as_many_deliveries_as_the_report(
    tape: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = delivered(tape, capsys)
    rows = list(csv.DictReader(io.StringIO(exported(tape, "csv", tmp_path).decode())))
    objects = [json.loads(line) for line in exported(tape, "jsonl", tmp_path).splitlines()]
    assert sum(row["record"] == "PacketDelivered" for row in rows) == expected > 0
    assert sum(one["record"] == "PacketDelivered" for one in objects) == expected
    assert [int(row["time_ps"]) for row in rows] == [one["time_ps"] for one in objects]
    assert int([row for row in rows if row["record"] == "Sample"][-1]["delivered"]) == expected


def test_a_chrome_trace_keeps_the_formats_rules(tape: str, tmp_path: Path) -> None:
    """Every event has ph, pid, tid and, but for metadata, ts; arrows begin once and end once."""
    events = json.loads(exported(tape, "chrome", tmp_path))["traceEvents"]
    assert all({"ph", "name", "pid", "tid"} <= event.keys() for event in events)
    assert all("ts" in event for event in events if event["ph"] != "M")
    assert all(event["dur"] >= 0 for event in events if event["ph"] == "X")
    begun = [event["id"] for event in events if event["ph"] == "s"]
    ended = [event["id"] for event in events if event["ph"] == "f"]
    assert len(begun) == len(set(begun))
    assert set(ended) <= set(begun)
    assert {event["args"]["name"] for event in events if event["name"] == "thread_name"} >= {"cpu0"}


def test_packets_come_back_with_what_became_of_them(tape: str, tmp_path: Path) -> None:
    data = exported(tape, "pcapng", tmp_path)
    path = tmp_path / "a.pcapng"
    with open_capture(path) as capture:
        lengths = [frame.length for chunk in capture.frames() for frame in chunk]
    with PcapNgReader(str(path)) as reader:
        packets = list(reader)
    assert len(packets) == len(lengths) > 0
    with open_capture(HTTP) as original:
        known = [frame.length for chunk in original.frames() for frame in chunk]
    assert sorted(lengths) == sorted(known[: len(lengths)])
    assert b"kbview: delivered to app after" in data


def test_a_picture_of_each_screen(tape: str, tmp_path: Path) -> None:
    for screen, word in (("overview", "rx&#160;ring"), ("costs", "ns")):
        (tmp_path / "a.svg").unlink(missing_ok=True)
        picture = exported(tape, "svg", tmp_path, "--screen", screen, "--at", "2ms").decode()
        assert picture.startswith('<svg xml:space="preserve" ')  # else viewers close up the columns
        assert word in picture


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([str(HTTP), "--to", "csv"], "not a tape; `kbview record"),
        (["TAPE", "--to", "svg", "--size", "big"], "not a size"),
        (["TAPE", "--to", "svg", "--screen", "nine"], "there is none of this name"),
    ],
)
def test_refused_in_one_line(
    words: list[str], says: str, tape: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", *(tape if word == "TAPE" else word for word in words)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err


def test_a_tape_without_bytes_has_no_packets_to_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "b.kbt")
    assert main(["record", "paced-udp", "--until", "20", "-o", path]) == 0
    capsys.readouterr()
    assert main(["export", path, "--to", "pcapng", "-o", str(tmp_path / "b.pcapng")]) == 2
    assert "record it with --snap" in capsys.readouterr().err
