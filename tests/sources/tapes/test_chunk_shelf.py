"""The spill: old chunks on disk, bounded, and nothing left behind."""

import errno
import os
from pathlib import Path

import pytest

from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.sources.tapes import chunk_shelf
from kbview.sources.tapes.chunk_shelf import ChunkShelf
from kbview.tape import events as ev
from kbview.tape.chunk import MOST_RECORDS
from kbview.tape.detail import Detail
from kbview.tape.tape import CAPACITY, Tape


def chunk(number: int) -> bytes:
    return bytes([number % 256]) * 1000


def test_it_keeps_the_younger_half_and_more() -> None:
    shelf = ChunkShelf(most_bytes=20_000)
    for number in range(100):
        oldest = shelf.put(number, chunk(number))
        assert number - 20 < oldest <= max(number - 9, 0)
        assert [shelf.get(kept) for kept in range(oldest, number + 1)] == [
            chunk(kept) for kept in range(oldest, number + 1)
        ]
    shelf.close()


def test_the_file_has_no_name_and_is_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    shelf = ChunkShelf()
    shelf.put(0, chunk(0))
    assert (tmp_path / "kbview").is_dir()
    assert list((tmp_path / "kbview").iterdir()) == []
    opened = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert any(str(tmp_path) in name and "deleted" in name for name in opened)
    shelf.close()


def test_without_room_the_tape_is_only_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    events = [ev.IrqUnmasked(number, 0, 0) for number in range(10 * MOST_RECORDS)]
    shelf = ChunkShelf()
    tape = Tape(capacity=2 * MOST_RECORDS, shelf=shelf)
    tape.extend(events[: 5 * MOST_RECORDS])
    assert tape.start == 0
    monkeypatch.setattr(chunk_shelf, "write_at", full)
    tape.extend(events[5 * MOST_RECORDS : 7 * MOST_RECORDS])
    assert tape.start == 5 * MOST_RECORDS
    assert list(tape.read(0)) == events[tape.start : 7 * MOST_RECORDS]
    monkeypatch.undo()
    tape.extend(events[7 * MOST_RECORDS :])
    assert list(tape.read(0)) == events[tape.start :]
    shelf.close()


def test_on_the_screen_everything_that_was_told_stays_within_reach() -> None:
    source = resolve("overload-udp", Choice(frames=12_000, kept=True))
    assert source.tape is not None
    source.set_detail(Detail.STEPS)
    first = None
    while not source.ended:
        source.pump(source.tape, source.tape.end_ps + 10**9)
        first = first or next(source.tape.read(0))
    assert source.tape.length > CAPACITY
    assert source.tape.start == 0
    assert next(source.tape.read(0)) == first
