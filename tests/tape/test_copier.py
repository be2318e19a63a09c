"""The copier appends each record once, also from a tape that grows and forgets its beginning."""

from collections.abc import Iterable
from typing import cast

from kbview.tape.events import Event, SocketDequeued
from kbview.tape.kbt.copier import TapeCopier
from kbview.tape.kbt.writer import TapeWriter
from kbview.tape.tape import Tape


class _Kept:
    """Stands where the writer of a file stands, and keeps the records."""

    def __init__(self) -> None:
        self.records: list[Event] = []

    def extend(self, records: Iterable[Event]) -> None:
        self.records += records


def _events(first: int, count: int) -> list[Event]:
    return [SocketDequeued(at, 0, at, "udp :9", 0) for at in range(first, first + count)]


def test_a_growing_tape_is_copied_once_in_order() -> None:
    tape, kept = Tape(), _Kept()
    copier = TapeCopier(tape, cast("TapeWriter", kept))
    for first in range(0, 50_000, 10_000):
        tape.extend(_events(first, 10_000))
        copier.copy()
        copier.copy()
    assert [one.time_ps for one in kept.records] == list(range(50_000))


def test_what_the_tape_forgot_is_left_out_and_nothing_comes_twice() -> None:
    tape, kept = Tape(capacity=20_000), _Kept()
    tape.extend(_events(0, 10_000))
    copier = TapeCopier(tape, cast("TapeWriter", kept))
    copier.copy()
    tape.extend(_events(10_000, 100_000))
    start = tape.start
    assert start > 10_000
    copier.copy()
    tape.extend(_events(110_000, 5_000))
    copier.copy()
    assert [one.time_ps for one in kept.records] == [*range(10_000), *range(start, 115_000)]
