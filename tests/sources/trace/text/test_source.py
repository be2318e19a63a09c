"""Traces from another machine open as a source, whichever tool wrote them, and tell the same."""

import io
import json
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest

from kbview.cli.main import main
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.source import Origin, Source, SourceError
from kbview.tape.tape import Tape

FOLDER = Path(__file__).parent
SAMPLES = sorted(FOLDER.glob("*.txt"))
HEADER = "# tracer: nop\n"


def receiver(path: Path) -> str:
    """The end of the pair that receives the requests."""
    text = path.read_text(encoding="utf-8")
    return next(
        word[4:] for word in text.split() if word.startswith("dev=kbv-") and word.endswith("-b")
    )


def pipe(data: bytes) -> io.BufferedReader:
    """What standard input is."""
    return io.BufferedReader(cast(io.RawIOBase, io.BytesIO(data)))


def opened(path: Path, device: str | None = None) -> Source:
    overrides = (("device", device),) if device else ()
    return resolve(str(path), Choice(overrides=overrides))


def told(source: Source, step_ps: int = 1 << 62) -> list[ev.Event]:
    tape, until_ps = Tape(), 0
    source.set_detail(Detail.STEPS)
    while not source.ended:
        until_ps += step_ps
        source.pump(tape, until_ps)
    source.close()
    return list(tape.read(0))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_each_tool_s_trace_tells_the_same_traffic(path: Path) -> None:
    state = State()
    for event in told(opened(path, receiver(path))):
        state.apply(event)
    meters = state.meters
    assert (meters.arrived, meters.delivered, meters.sent) == (9, 8, 5)
    assert meters.drops == {"udp/NO_SOCKET": 1}
    assert (meters.copies, meters.copied_bytes, meters.wakeups) == (3, 500, 3)
    assert (meters.softirqs, meters.polls, meters.syscalls) == (9, 9, 6)
    assert (meters.interrupts, meters.in_flight) == (0, 0)
    assert meters.conserved()
    assert state.note == ""
    assert state.datapath == "kernel"


def test_all_tools_tell_the_same_milestones() -> None:
    stories = [
        [
            (type(event).__name__, event.packet, getattr(event, "where", ""))
            for event in told(opened(path, receiver(path)))
            if isinstance(event, (ev.FrameArrived, ev.PacketDelivered, ev.PacketDropped))
        ]
        for path in SAMPLES
    ]
    assert len(SAMPLES) == 3
    assert stories[0] == stories[1] == stories[2]
    ends = [where for name, _, where in stories[0] if name != "FrameArrived"]
    assert sorted(ends) == ["app", "app", "app", "tcp", "tcp", "tcp", "tcp", "tcp", "udp"]


def test_read_in_small_bites_or_at_once_it_is_the_same() -> None:
    path = SAMPLES[0]
    kinds = ev.MILESTONES
    at_once, in_bites = (
        [event for event in told(opened(path, receiver(path)), step_ps) if isinstance(event, kinds)]
        for step_ps in (1 << 62, 3_000_000_000)
    )
    assert at_once == in_bites
    assert all(a.time_ps <= b.time_ps for a, b in pairwise(at_once))


def test_without_a_wish_the_busiest_interface_is_shown_and_the_notes_say_which() -> None:
    source = opened(SAMPLES[0])
    assert source.heading.origin is Origin.RECORDED
    assert source.heading.notes == (f"packets that {receiver(SAMPLES[0])} receives",)
    source.close()


def test_through_a_pipe() -> None:
    data = SAMPLES[0].read_bytes()
    source = resolve("-", Choice(), pipe(data))
    assert sum(isinstance(event, ev.FrameArrived) for event in told(source)) == 9


def test_the_report_says_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(SAMPLES[0]), "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["origin"], report["datapath"]) == ("recorded", "kernel")


# text, words behind it, exit code, what the line must say
REFUSED = [
    (HEADER, [], 3, "no line of it is a kernel trace"),
    (HEADER + " a-1 [000] d.... 1.000000: softirq_entry: vec=3\n", [], 3, "no packet is received"),
    (
        HEADER + " a-1 [000] d.... 1.000000: netif_receive_skb: dev=eth0 skbaddr=1 len=5\n",
        ["--set", "device=eth1"],
        2,
        "eth1 receives nothing in it; use eth0",
    ),
    (HEADER, ["--set", "ring=5"], 2, "use device=INTERFACE"),
    (HEADER, ["--datapath", "dpdk"], 2, "--datapath is for the emulator"),
]


@pytest.mark.parametrize(("text", "words", "code", "said"), REFUSED)
def test_refusals_are_one_line(
    text: str,
    words: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "trace.txt"
    path.write_text(text, encoding="utf-8")
    assert main(["run", str(path), *words]) == code
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert said in lines[0]


def test_a_trace_that_breaks_off_or_holds_nonsense_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = SAMPLES[0].read_text(encoding="utf-8")
    path = tmp_path / "cut.txt"
    path.write_text(whole[: len(whole) // 2] + "\nnonsense\n\x00\x01\n", encoding="utf-8")
    events = told(opened(path))
    assert isinstance(events[-1], ev.SourceEnded)
    assert "lines are no kernel trace" in events[-1].note
    assert any(isinstance(event, ev.PacketDelivered) for event in events)


def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        resolve(str(tmp_path / "none.txt"), Choice())
