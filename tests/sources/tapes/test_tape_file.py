"""Tapes as a source: whole, growing in a file, and through a pipe."""

import fcntl
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO, cast

import pytest

from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.sources.tapes.source import TapeSource
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.kbt.header import Header
from kbview.tape.kbt.writer import TapeWriter
from kbview.tape.meter import Meters, Sample
from kbview.tape.source import Capabilities, Heading, Origin, SourceError
from kbview.tape.tape import Tape
from tests.tape.small import records, written

NEVER_PS = 1 << 62
LIVE = Header(Heading(Origin.LIVE, "eth0", notes=("seen here",)), Capabilities(live=True, lossy=True))
FOLLOW = Choice(follow=True)


def opened(path: Path, choice: Choice = FOLLOW) -> TapeSource:
    return cast(TapeSource, resolve(str(path), choice))


def pump(source: TapeSource, budget_s: float = 0.0) -> list[ev.Event]:
    """Everything that is there now."""
    source.pump(Tape(), NEVER_PS, budget_s=budget_s)
    return list(source.tape.read(0))


def is_over(source: TapeSource) -> bool:
    """Asked anew: it was not a moment ago."""
    return source.ended


@contextmanager
def writing(path: Path) -> Iterator[tuple[IO[bytes], TapeWriter]]:
    with path.open("wb", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file, TapeWriter(file.write, LIVE)


def events(start: int, count: int) -> list[ev.Event]:
    return [ev.IrqUnmasked(number, 0, 0) for number in range(start, start + count)]


def test_a_tape_is_watched_as_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "grows.kbt"
    with writing(path) as (_, writer):
        source = opened(path)
        assert source.capabilities.live
        assert pump(source) == []
        for start in range(0, 5000, 1000):
            writer.extend(events(start, 1000))
            writer.flush()
            assert pump(source) == events(0, start + 1000)
            assert not source.ended
        writer.close()
    assert pump(source) == events(0, 5000)
    assert is_over(source)
    source.close()
    again = opened(path)
    assert again.ended
    assert not again.capabilities.live
    assert again.capabilities.lossy
    again.close()


def test_a_writer_that_dies_ends_the_tape_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "dies.kbt"
    with writing(path) as (file, writer):
        source = opened(path)
        writer.extend(events(0, 100))
        writer.flush()
        file.write(b"half a block")
        assert pump(source) == events(0, 100)
        assert not source.ended
    *told, last = pump(source)
    assert told == events(0, 100)
    assert last == ev.SourceEnded(
        99, "cut off: its writer did not end in good order, with 12 bytes of a chunk that is not whole"
    )
    assert is_over(source)
    source.close()


def test_who_does_not_follow_sees_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "grows.kbt"
    with writing(path) as (_, writer):
        writer.extend(events(0, 100))
        writer.flush()
        source = opened(path, Choice())
        assert source.ended
        last = pump(source)[-1]
        assert isinstance(last, ev.SourceEnded)
        assert "still being written" in last.note
        source.close()


def test_the_heading_keeps_where_the_numbers_came_from(tmp_path: Path) -> None:
    path = tmp_path / "a.kbt"
    path.write_bytes(written(records(), 24))
    source = opened(path)
    assert source.heading == Heading(
        Origin.RECORDED, "a.kbt", "xdp18", None, ("recorded from made up, emulated",), Origin.EMULATED
    )
    assert source.can_run() is None
    assert source.datapaths() == ()
    with pytest.raises(SourceError, match="fixed datapath"):
        source.switch("dpdk")
    source.close()


def test_damage_is_counted_for_reports_and_told_in_its_place_on_screen(tmp_path: Path) -> None:
    told = [Sample(0, Meters(), Detail.MILESTONES), *events(1, 29)]
    data = bytearray(written(told, 10))
    data[len(data) // 2] ^= 1
    path = tmp_path / "damaged.kbt"
    path.write_bytes(data)
    source = opened(path, Choice())
    last = pump(source)[-1]
    assert isinstance(last, ev.SourceEnded)
    assert last.note == "10 records are damaged and left out"
    source.close()
    source = opened(path)
    shown = pump(source)
    assert sum(record.count for record in shown if isinstance(record, ev.EventsLost)) == 10
    assert source.tape.lost_before(0) == 0
    source.close()


def test_a_pipe_is_read_as_far_as_somebody_wants_to_see() -> None:
    reading, writing_end = os.pipe()
    stream = os.fdopen(reading, "rb")
    with os.fdopen(writing_end, "wb", buffering=0) as pipe:
        writer = TapeWriter(pipe.write, LIVE)
        writer.extend(events(0, 100))
        writer.flush()
        source = cast(TapeSource, resolve("-", FOLLOW, stream))
        assert source.heading.name == "stdin"
        assert pump(source) == events(0, 100)
        assert pump(source) == events(0, 100)  # nothing new, and it does not wait
        writer.extend(events(100, 50))
        writer.flush()
        assert pump(source) == events(0, 150)
        assert not source.ended
    *told, last = pump(source, budget_s=float("inf"))
    assert told == events(0, 150)
    assert isinstance(last, ev.SourceEnded)
    assert is_over(source)
    source.close()


def test_a_pipe_may_end_anywhere() -> None:
    data = written(records(), 24)
    for size in (70, 300, len(data) - 5, len(data)):
        stream: BufferedReader = BufferedReader(cast(io.RawIOBase, io.BytesIO(data[:size])))
        try:
            source = cast(TapeSource, resolve("-", Choice(), stream))
        except SourceError as error:
            assert size == 70
            assert "no tape that can be read" in str(error)
            assert error.exit_code == 3
            continue
        told = pump(source, budget_s=float("inf"))
        assert source.ended
        assert told[:24] == records()[:24] or size == 300
        source.close()
