"""What a trace does not record is unknown, never zero; a loss of the instrument is no drop."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kbview.cli.main import main
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.sources.trace.meaning.table import BY_NAME
from kbview.sources.trace.text.known import known
from kbview.tape import events as ev
from kbview.tape.tape import Tape

FOLDER = Path(__file__).parent
PIPE = (FOLDER / "trace_pipe.txt").read_text(encoding="utf-8")
DEVICE = next(iter(re.findall(r"dev=(kbv-\S+-b)", PIPE)))


def report(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    path = tmp_path / "trace.txt"
    path.write_text(text, encoding="utf-8")
    assert main(["run", str(path), "--json", "--set", f"device={DEVICE}"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found[0]


def without(*names: str) -> str:
    """The sample as it were if these tracepoints had been off."""
    off = re.compile(rf"\d: (?:{'|'.join(names)})\b")
    return "".join(line for line in PIPE.splitlines(keepends=True) if not off.search(line))


# Without the record of a packet's queue nobody knows its reader, nor the calls and copies of that.
OF_READERS = ("copies", "copied_bytes", "syscalls", "mode_switches", "context_switches")
# what is off, and the numbers that nobody can know then
OFF: list[tuple[tuple[str, ...], dict[str, tuple[str, ...]]]] = [
    (("napi_poll",), {"counts": ("polls", "empty_polls", "interrupts"), "frames": ("missed",)}),
    (("softirq_\\w+",), {"counts": ("softirqs",)}),
    (("sys_\\w+",), {"counts": ("syscalls", "mode_switches")}),
    (("sched_switch",), {"counts": ("context_switches",)}),
    (("sched_waking",), {"counts": ("wakeups",)}),
    (("net_dev_\\w+",), {"frames": ("sent",)}),
    (("sk_data_ready",), {"counts": ("wakeups",)}),
    (("sk_data_ready", "tcp_probe"), {"counts": OF_READERS}),
    (("sk_data_ready", "sock_recv_length"), {"counts": OF_READERS[2:]}),  # they came with Linux 6.3
    (("sock_recv_length", "skb_copy_datagram_iovec"), {"counts": ("copies", "copied_bytes")}),
    ((), {"counts": ("unsent", "tlb_misses")}),
]


@pytest.mark.parametrize(("off", "unknown"), OFF, ids=["+".join(names) or "all" for names, _ in OFF])
def test_a_number_whose_tracepoint_was_off_is_null(
    off: tuple[str, ...],
    unknown: dict[str, tuple[str, ...]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = without(*off) if off else PIPE
    said = report(text, tmp_path, capsys)
    for part, numbers in unknown.items():
        assert {name: said[part][name] for name in numbers} == dict.fromkeys(numbers)


def test_packets_whose_end_was_not_recorded_are_neither_delivered_nor_dropped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """People record net:* alone."""
    others = [
        f"{name}\\b" for name, point in BY_NAME.items() if point.system not in ("net", "syscalls")
    ]
    said = report(without(*others, "sys_\\w+"), tmp_path, capsys)
    frames = said["frames"]
    assert frames["arrived"] == 9
    assert (frames["delivered"], frames["dropped"]) == (None, None)
    assert said["unseen"] + frames["in_flight"] == 9
    assert said["latency_ps"]["p50"] is None
    assert (said["bytes"]["delivered"], said["rates"]["delivered_pps"]) == (None, None)
    assert said["cores"] == []


def test_a_dropped_packet_of_a_trace_without_kfree_skb_is_no_delivery(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = report(PIPE, tmp_path, capsys)
    said = report(without("kfree_skb", "consume_skb"), tmp_path, capsys)
    assert whole["frames"]["dropped"] == 1
    assert said["frames"]["dropped"] is None
    assert said["frames"]["delivered"] < whole["frames"]["delivered"] + 1
    assert said["unseen"] + said["frames"]["in_flight"] >= 1


def test_an_interface_without_polls_of_its_own_is_software_and_raises_no_interrupt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = report(PIPE, tmp_path, capsys)
    assert (said["counts"]["interrupts"], said["frames"]["missed"]) == (0, 0)


def test_the_table_says_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "trace.txt"
    path.write_text(without("napi_poll"), encoding="utf-8")
    assert main(["run", str(path), "--set", f"device={DEVICE}"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert any(row.split() == ["polls", "unknown"] for row in rows)


def test_a_core_without_a_record_is_not_called_busy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trace.txt"
    path.write_text(PIPE.replace("[000]", "[001]"), encoding="utf-8")
    assert main(["run", str(path), "--set", f"device={DEVICE}"]) == 0
    (busy,) = [row.split() for row in capsys.readouterr().out.splitlines() if "busy, %" in row]
    assert busy[-2] == "?"
    assert int(busy[-1]) <= 100


def test_every_meter_is_known_where_each_tracepoint_occurs() -> None:
    assert known(set()) == {"arrived", "arrived_bytes", "allocations", "unseen"}
    assert {"delivered", "dropped", "sent", "interrupts", "squeezes", "cores"} <= known(BY_NAME.keys())


# ---- losses ----------------------------------------------------------------------------------------

MIDDLE = PIPE.index("\n", len(PIPE) // 2) + 1
# what stands in the middle, and the lost records: None where their number is not said
LOSSES = [
    ("CPU:1 [LOST 512 EVENTS]\n", 512),
    ("CPU:0 [LOST EVENTS]\n", None),
    ("CPU:0 [EVENTS DROPPED]\nCPU:1 [30 EVENTS DROPPED]\n", None),
    ("   swapper     0 [001]  4530.000001: PERF_RECORD_LOST_SAMPLES lost 30\n", 30),
]


@pytest.mark.parametrize(("text", "count"), LOSSES)
def test_lost_records_are_told_and_are_no_drop(
    text: str, count: int | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = report(PIPE[:MIDDLE] + text + PIPE[MIDDLE:], tmp_path, capsys)
    assert said["lost_records"] == count
    assert [
        drop for drop in said["drops"] if "LOST" in drop["reason"] or drop["where"] == "trace"
    ] == []
    assert any("instrument lost" in note and "no drop" in note for note in said["notes"])


@pytest.mark.parametrize(
    "text", ["CPU:1 [LOST 512 EVENTS]\n", "CPU:1 [LOST EVENTS]\nCPU:0 [LOST 3 EVENTS]\n"]
)
def test_time_begins_with_the_first_record_and_not_with_a_loss_before_it(
    text: str, tmp_path: Path
) -> None:
    paths = tmp_path / "plain.txt", tmp_path / "lost.txt"
    paths[0].write_text(PIPE, encoding="utf-8")
    paths[1].write_text(text + PIPE, encoding="utf-8")
    plain, lost = (told(path) for path in paths)
    assert lost[-1].time_ps == plain[-1].time_ps
    first, *_ = [event for event in lost if isinstance(event, ev.EventsLost)]
    assert first.time_ps == 0
    assert len(lost) == len(plain) + text.count("CPU:")


def told(path: Path) -> list[ev.Event]:
    source, tape = resolve(str(path), Choice(overrides=(("device", DEVICE),))), Tape()
    while not source.ended:
        source.pump(tape, 1 << 62)
    source.close()
    return list(tape.read(0))


def test_records_that_were_overwritten_before_the_first_are_a_loss(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = "# tracer: nop\n#\n# entries-in-buffer/entries-written: 148/1480   #P:2\n"
    assert report(header + PIPE, tmp_path, capsys)["lost_records"] == 1332
