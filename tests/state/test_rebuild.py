"""The state at a position is a function of the tape and the position, however one gets there."""

import gc
from weakref import ref

import pytest

from kbview.state.pieces import CHUNK
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import CoreMeter, Meters, Sample
from kbview.tape.tape import Tape
from tests.state.tapes import CASES, FRAME_PS, at, dump, folded, tape_of


@pytest.mark.parametrize(("word", "datapath"), CASES)
def test_a_leap_anywhere_gives_the_state_of_folding_everything(word: str, datapath: str) -> None:
    tape = tape_of(word, datapath)
    state = folded(tape)
    looked = 0
    stride = max(1, tape.length // 12)
    for record in tape.read(0):
        near_a_chunk = state.position % CHUNK in (0, 1, CHUNK - 1)
        if state.position and (state.position % stride == 0 or near_a_chunk):
            assert dump(at(tape, state.position)) == dump(state)
            looked += 1
        state.apply(record)
    assert dump(at(tape, tape.length)) == dump(state)
    assert looked > 10


@pytest.mark.parametrize(("word", "datapath"), CASES)
def test_a_state_that_is_left_goes_without_the_garbage_collector(word: str, datapath: str) -> None:
    """Else the states of a dozen leaps go in a pause of one leap, which took 100 ms more."""
    gc.disable()
    try:
        left = ref(folded_to_the_end(word, datapath))
        assert left() is None
    finally:
        gc.enable()


def folded_to_the_end(word: str, datapath: str) -> State:
    """The state behind all records of a tape."""
    tape = tape_of(word, datapath)
    state = folded(tape)
    for record in tape.read(0):
        state.apply(record)
    return state


@pytest.mark.parametrize("column_ps", [FRAME_PS // 7, FRAME_PS * 3, FRAME_PS * 1000])
def test_so_it_is_for_every_width_of_the_columns(column_ps: int) -> None:
    tape = tape_of("udp-bursts.pcap", "kernel")
    state = folded(tape, column_ps)
    for record in tape.read(0):
        state.apply(record)
        if state.position % 3001 == 0:
            assert dump(at(tape, state.position, column_ps)) == dump(state)


def test_a_tape_that_let_go_of_its_beginning_still_opens_anywhere() -> None:
    whole = tape_of("overload-udp", "kernel")
    tape = Tape(capacity=3 * CHUNK)
    tape.extend(whole.read(0))
    assert tape.start > 0
    for position in (tape.start, tape.length - 1000, tape.length):
        there, complete = at(tape, position), at(whole, position)
        assert there.meters == complete.meters
        assert (there.datapath, there.detail) == (complete.datapath, complete.detail)
    assert there.why == complete.why
    assert there.positions.at == complete.positions.at


def test_lost_events_are_summed_wherever_one_comes_in() -> None:
    tape = Tape()
    sample = Sample(0, Meters(cores=[CoreMeter(0)]), Detail.STEPS)
    tape.extend([sample, ev.EventsLost(1, 5)])
    tape.extend(ev.IrqUnmasked(2, 0, 0) for _ in range(3 * CHUNK))
    tape.extend([ev.EventsLost(3, 7)])
    assert at(tape, 2).lost == at(tape, tape.length - 1).lost == 5
    assert at(tape, tape.length).lost == 12
