"""Rebuild: the state at any position of a tape, without folding the tape from its start.

tape     |--------K---------|=========|=====P------------|
                  counting ~~>         folding
K        the last key frame or snapshot before the chunk that precedes P's
|==      that chunk and P's own: what single packets and events leave in the state
         the histories come from single samples, the datapath from the tape's index
"""

from itertools import islice

from kbview.state.counted import Counted
from kbview.state.snapshot import Snapshots
from kbview.state.state import CHUNK, State
from kbview.tape.events import DatapathStarted
from kbview.tape.tape import Tape


def rebuild(tape: Tape, position: int, column_ps: int, snapshots: Snapshots) -> State:
    """The state after the first `position` records: the same as folding every one of them."""
    first = max(((position - 1) // CHUNK - 1) * CHUNK, tape.start, 0)
    state = State(column_ps, first)
    for started in tape.opening(first):
        if isinstance(started, DatapathStarted):
            state.open(started)
    state.counted = _count(tape, first, snapshots)
    state.lost = tape.lost_before(first)
    state.histories.load(tape, first)
    for record in islice(tape.read(first), position - first):
        state.apply(record)
    return state


def _count(tape: Tape, position: int, snapshots: Snapshots) -> Counted:
    """The meters at a position, counted from the last place where they are known."""
    begin, counted = snapshots.before(position)
    key = _key_frame(tape, position)
    if counted is None or key > begin:
        begin, counted = key, Counted()
    for record in islice(tape.read(begin), max(0, position - begin)):
        counted.apply(record)
    return counted


def _key_frame(tape: Tape, position: int) -> int:
    """The last key frame at or before a position."""
    record = next(tape.read(position), None)
    time_ps = tape.end_ps if record is None else record.time_ps
    key = tape.key_frame_before(time_ps)
    return key if key <= position else tape.key_frame_before(time_ps - 1)
