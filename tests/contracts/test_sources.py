"""Over the kinds of source: each keeps the contract of kbview/tape/source.py."""

import os
import socket
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from kbview.cli.main import main
from kbview.sources.opener import Opener
from kbview.sources.request import Choice
from kbview.sources.resolve import OPENERS, recording, resolve
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import TOTALS, Sample
from kbview.tape.source import Source
from kbview.tape.tape import Tape
from tests.tape.folding import folded, picture
from tests.tape.small import opened, written

TRACE = Path(__file__).parents[1] / "sources" / "trace" / "text" / "trace_pipe.txt"
NEVER_PS = 1 << 62
DECLARED = {Sample, *ev.MARKERS, *ev.MILESTONES, *ev.STEPS}

ROOT = [pytest.mark.live, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]
WORDS = [
    pytest.param("paced-udp", id="scenario"),
    pytest.param("udp-bursts.pcap", id="capture"),
    pytest.param("recorded.kbt", id="tape"),
    pytest.param(str(TRACE), id="trace text"),
    pytest.param("counters", id="counters"),
    pytest.param("live:lo", id="live", marks=ROOT),
    pytest.param("trace:lo", id="trace", marks=ROOT),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tape in it."""
    folder = tmp_path_factory.mktemp("sources")
    assert main(["record", "paced-udp", "--until", "20", "-o", str(folder / "recorded.kbt")]) == 0
    return folder


def made(word: str, place: Path) -> Source:
    path = {"recorded.kbt": str(place / word), "udp-bursts.pcap": recording(word)}.get(word, word)
    assert path is not None
    return resolve(path, Choice(frames=200 if word == "paced-udp" else None))


def told(source: Source) -> list[ev.Event]:
    """Its tape, after a while of traffic if it is live; each pump ends with the sample it owes."""
    tape = Tape() if source.tape is None else source.tape
    source.set_detail(Detail.STEPS)
    reached_ps = source.pump(tape, 0, budget_s=0.05)
    for step in range(1, 40):
        if source.ended:
            break
        if source.capabilities.live:
            talk()
        until_ps = NEVER_PS if source.capabilities.live else step * 50_000_000
        now_ps = source.pump(tape, until_ps, budget_s=0.05)
        assert now_ps >= reached_ps
        reached_ps = now_ps
        if source.tape is None and not source.ended:
            last = next(record for record in reversed(list(tape.read(0))) if isinstance(record, Sample))
            assert last.time_ps == reached_ps
    return list(tape.read(0))


def talk() -> None:
    """A datagram over the loopback, and its reader."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reader,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        reader.bind(("127.0.0.1", 0))
        sender.sendto(b"contract", reader.getsockname())
        reader.recv(100)


@pytest.mark.parametrize("opener", OPENERS, ids=lambda opener: opener.name)
def test_each_kind_says_whether_it_can_run_and_leaves_nothing_behind(opener: Opener) -> None:
    opener.can_run()
    before = threading.active_count(), os.listdir("/proc/self/fd")
    reason = opener.can_run()
    assert reason is None or "\n" not in reason
    assert (threading.active_count(), os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("word", WORDS)
def test_time_goes_on_events_are_declared_and_a_sample_ends_each_pump(word: str, place: Path) -> None:
    source = made(word, place)
    try:
        assert source.can_run() is None
        events = told(source)
    finally:
        source.close()
    assert {type(event) for event in events} <= DECLARED
    assert all(a.time_ps <= b.time_ps for a, b in pairwise(events))
    started = [event for event in events if isinstance(event, ev.DatapathStarted)]
    assert len(started) == 1
    assert started[0].stations
    if word != "counters":  # they are of different places and times, and need not add up
        assert all(event.meters.conserved() for event in events if isinstance(event, Sample))


@pytest.mark.parametrize("word", WORDS)
def test_a_count_of_the_events_agrees_with_the_samples(word: str, place: Path) -> None:
    source = made(word, place)
    try:
        events = told(source)
    finally:
        source.close()
    if source.capabilities.detail < Detail.STEPS or word == "counters":
        pytest.skip("it tells meters only")
    if any(event.count for event in events if isinstance(event, ev.EventsLost)):
        pytest.skip("this machine was too busy: events were lost, and said to be")
    first = next(at for at, event in enumerate(events) if isinstance(event, Sample))
    state = State()
    for event in events[: first + 1]:
        state.apply(event)
    for event in events[first + 1 :]:
        if not isinstance(event, Sample):
            state.apply(event)
    last = next(event for event in reversed(events) if isinstance(event, Sample))
    known = source.capabilities.meters
    for total in TOTALS:
        if total in known:
            assert getattr(state.meters, total) == getattr(last.meters, total), total


@pytest.mark.parametrize("word", WORDS)
def test_recorded_and_replayed_it_gives_the_same_state(word: str, place: Path) -> None:
    source = made(word, place)
    try:
        events = told(source)
    finally:
        source.close()
    replayed = list(opened(written(events, 64)).read(0))
    assert picture(folded(replayed)) == picture(folded(events))


@pytest.mark.parametrize("word", WORDS)
def test_closing_leaves_no_thread_and_no_descriptor(word: str, place: Path) -> None:
    def left() -> tuple[int, int]:
        return threading.active_count(), len(os.listdir("/proc/self/fd"))

    close: Callable[[], None] = made(word, place).close  # what is loaded once and kept is loaded now
    close()
    before = left()
    source = made(word, place)
    told(source)
    source.close()
    source.close()
    assert left() == before
