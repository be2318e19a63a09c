"""`kbview export`: what is on a tape, read back by other programs' rules."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from scapy.utils import PcapNgReader

from kbview.cli.main import main
from kbview.packet.capture import open_capture
from kbview.sources.resolve import recording
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
    heading, *objects = [json.loads(line) for line in exported(tape, "jsonl", tmp_path).splitlines()]
    assert heading["record"] == "Heading"
    assert "EMULATED" in heading["origin"]
    assert "xdp18" in heading["origin"]
    assert sum(row["record"] == "PacketDelivered" for row in rows) == expected > 0
    assert sum(one["record"] == "PacketDelivered" for one in objects) == expected
    assert [int(row["time_ps"]) for row in rows] == [one["time_ps"] for one in objects]
    assert int([row for row in rows if row["record"] == "Sample"][-1]["delivered"]) == expected


def test_a_chrome_trace_keeps_the_formats_rules(tape: str, tmp_path: Path) -> None:
    """Every event has ph, pid, tid and, but for metadata, ts; arrows begin once and end once."""
    events = json.loads(exported(tape, "chrome", tmp_path))["traceEvents"]
    assert all({"ph", "name", "pid", "tid"} <= event.keys() for event in events)
    assert all("ts" in event for event in events if event["ph"] != "M")
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
    for screen, word in (("overview", "TCP/"), ("costs", "ns")):
        (tmp_path / "a.svg").unlink(missing_ok=True)
        picture = exported(tape, "svg", tmp_path, "--screen", screen, "--at", "2ms").decode()
        assert picture.startswith('<svg xml:space="preserve" ')  # else viewers close up the columns
        assert word in picture


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["counters", "--to", "csv"], "is live; `kbview record counters"),
        (["TAPE", "--to", "csv", "--datapath", "dpdk"], "tape shows its own"),
        (["TAPE", "--to", "svg", "--size", "big"], "not a size"),
        (["TAPE", "--to", "svg", "--size", "100000x100000"], "too large"),
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


def test_the_steps_of_a_core_never_overlap_in_a_chrome_trace(tape: str, tmp_path: Path) -> None:
    """Speedscope refuses a step that begins, by a rounded 1e-12 s, before its forerunner has ended."""
    trace = json.loads(exported(tape, "chrome", tmp_path), parse_float=Decimal)
    assert "EMULATED" in trace["otherData"]["source"]
    open_steps: dict[int, str] = {}
    reached: dict[int, Decimal] = {}
    for event in trace["traceEvents"]:
        if event["ph"] not in "BE":
            continue
        assert event["ts"] >= reached.get(event["tid"], Decimal(0))
        reached[event["tid"]] = event["ts"]
        if event["ph"] == "B":
            assert event["tid"] not in open_steps
            open_steps[event["tid"]] = event["name"]
        else:
            assert open_steps.pop(event["tid"]) == event["name"]
    assert reached
    assert not open_steps


def test_a_live_tape_tells_deliveries_before_the_bytes_and_each_packet_has_its_fate(
    tmp_path: Path,
) -> None:
    """Every packet of the lab's recording was "still on its way where the tape ends"."""
    data = exported(recording("lab.kbt") or "", "pcapng", tmp_path)
    assert data.count(b"kbview: delivered to ") > 1000
    assert data.count(b"still on its way") < 10
    assert b"kbview: delivered to app after -" not in data


def test_a_capture_file_says_that_its_latencies_are_emulated(tape: str, tmp_path: Path) -> None:
    data = exported(tape, "pcapng", tmp_path)
    assert b"EMULATED" in data[:300]
    assert b"xdp18" in data[:300]
    assert b"a.kbt" in data[:400]
    with PcapNgReader(str(tmp_path / "a.pcapng")) as reader:
        directions = {packet.direction for packet in reader}
    assert directions == {1, 2}  # inbound, and the answers of the host


def test_unknown_is_empty_or_null_and_bytes_are_hexadecimal(tmp_path: Path) -> None:
    path = recording("lab.kbt") or ""
    rows = list(csv.DictReader(io.StringIO(exported(path, "csv", tmp_path).decode())))
    objects = [json.loads(line) for line in exported(path, "jsonl", tmp_path).splitlines()][1:]
    assert not any(row["cpu"] == "-1" or row["packet"] == "-1" for row in rows)
    assert not any(each.get("cpu") == -1 or each.get("latency_ps") == -1 for each in objects)
    frames = [each["data"] for each in objects if each["record"] == "FrameRecorded"]
    details = [json.loads(row["details"]) for row in rows if row["record"] == "FrameRecorded"]
    assert frames == [each["data"] for each in details]
    assert all(bytes.fromhex(data) for data in frames)


def test_a_stretch_of_time_is_exported(tape: str, tmp_path: Path) -> None:
    path = tmp_path / "part.jsonl"
    words = ["export", tape, "--to", "jsonl", "--from", "1ms", "--until", "2ms", "-o", str(path)]
    assert main(words) == 0
    _, started, *objects = [json.loads(line) for line in path.read_text().splitlines()]
    assert started["record"] == "DatapathStarted"
    assert objects
    assert all(10**9 <= each["time_ps"] <= 2 * 10**9 for each in objects)


def test_an_export_that_fails_leaves_no_file(tmp_path: Path) -> None:
    tape = str(tmp_path / "b.kbt")
    made = tmp_path / "b.pcapng"
    assert main(["record", "paced-udp", "--until", "20", "-o", tape]) == 0
    assert main(["export", tape, "--to", "pcapng", "-o", str(made)]) == 2
    assert not made.exists()
    made.write_bytes(b"kept")
    assert main(["export", tape, "--to", "pcapng", "-o", str(made), "--force"]) == 2
    assert made.read_bytes() == b"kept"


@pytest.mark.parametrize("kind", ["csv", "jsonl", "chrome", "pcapng", "svg"])
def test_a_scenario_is_exported_as_the_tape_of_it_would_be(kind: str, tmp_path: Path) -> None:
    tape = str(tmp_path / "a.kbt")
    words = ["paced-udp", "--datapath", "dpdk", "--set", "ring=64"]
    assert main(["record", *words, "--until", "1ms", "--snap", "512", "-o", tape]) == 0
    until = ["--until", "990us"]  # before the note that ends the recording
    recorded = exported(tape, kind, tmp_path, *until)
    (tmp_path / f"a.{kind}").unlink()
    direct = exported("paced-udp", kind, tmp_path, *words[1:], *until)
    if kind == "csv":
        assert events(recorded) == events(direct)
        assert len(events(direct)) > 20
    assert direct
    assert kind == "svg" or b"EMULATED" in direct or kind in ("csv", "jsonl", "chrome")


def events(text: bytes) -> list[list[str]]:
    """Arrivals and ends of packets; waits and samples are cut where a run looked at its meters."""
    rows = list(csv.reader(io.StringIO(text.decode())))
    return [row for row in rows if row[1] in ("FrameArrived", "PacketDelivered")]
