"""A journey is whole: shared work, waits with their reason, walls and moves, numbered."""

from itertools import pairwise

import pytest

from kbview.state.journey_table import LEAST_WAIT_PS, RowKind, TableRow, table
from kbview.state.journeys import Journeys
from kbview.tape import events as ev
from tests.state.tapes import CASES, at, folded, tape_of


def rows_of(word: str, datapath: str, position: int) -> list[TableRow]:
    """The table of the last packet that came to its end before a position."""
    tape = tape_of(word, datapath)
    state = folded(tape)
    while state.position < position:
        state.apply(next(tape.read(state.position)))
    journeys = Journeys()
    journeys.follow(tape, state)
    return table(journeys, journeys.ended)


def names(rows: list[TableRow]) -> list[str]:
    events = [row.stop.event for row in rows if row.stop is not None]
    return [getattr(event, "step", type(event).__name__) for event in events]


def test_a_lone_datagram_crosses_the_wall_twice_and_moves_twice() -> None:
    """The reader sleeps in recv(): one system call, entered before the packet came."""
    rows = rows_of("paced-udp", "kernel", 150)
    walls = [row.note for row in rows if row.kind is RowKind.WALL]
    assert walls == [
        "user to kernel by a syscall: mode switch 1 of 2",
        "kernel to user by a syscall: mode switch 2 of 2",
    ]
    moves = [row.note for row in rows if row.note.startswith("move")]
    assert moves == ["move 1 of 2: NIC to ring by DMA", "move 2 of 2: kernel to user by cpu1"]
    told = names(rows)
    for name in ("syscall_enter", "IrqRaised", "try_to_wake_up", "TaskWoken", "napi_complete"):
        assert name in told
    assert told.index("syscall_enter") < told.index("FrameArrived")
    assert told.index("socket_enqueue") < told.index("try_to_wake_up") < told.index("socket_recv")
    waits = " ".join(row.note for row in rows if row.kind is RowKind.WAIT)
    for reason in ("DMA", "interrupt", "core wakes"):
        assert reason in waits


def test_a_poll_mode_driver_crosses_no_wall() -> None:
    rows = rows_of("paced-udp", "dpdk", 120)
    assert rows
    assert not [row for row in rows if row.kind is RowKind.WALL]


@pytest.mark.parametrize(("word", "datapath"), CASES)
def test_no_time_is_left_without_a_reason_and_every_event_is_there_once(
    word: str, datapath: str
) -> None:
    tape = tape_of(word, datapath)
    state = at(tape, min(3000, tape.length))
    journeys = Journeys()
    journeys.follow(tape, state)
    for packet in journeys.packets()[::7]:
        rows = table(journeys, packet)
        stops = journeys.stops(packet)
        told = [row.at for row in rows if row.at is not None]
        left_out = {at for at in range(len(stops)) if at not in told}
        assert all(isinstance(stops[at].event, ev.ModeSwitched) for at in left_out)
        assert told == sorted(set(told))
        assert all(row.note for row in rows if row.kind is not RowKind.EVENT)
        begun = next(at for at, row in enumerate(rows) if row.at is not None)
        ends = [row.time_ps + row.duration_ps for row in rows]
        for number, (_, after) in enumerate(pairwise(rows[begun:]), begun):
            assert after.time_ps - max(ends[: number + 1]) < LEAST_WAIT_PS
