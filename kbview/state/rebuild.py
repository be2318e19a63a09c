"""Rebuild: the state at any position of a tape, without folding the tape from its start.

tape     |-------K-----|=========|=====P------------|
                  ~~~~> counting  folding
K        the last key frame before the stretch that is folded
|==      the chunk of P and the chunk before: single packets and events are remembered so long
         the histories come from single samples, so chunks of samples alone are passed over,
         wherever they stand
"""

from kbview.state.pieces import CHUNK, pieces
from kbview.state.state import State
from kbview.tape.tape import Reel


def rebuild(tape: Reel, position: int, column_ps: int) -> State:
    """The state after the first `position` records: the same as folding every one of them."""
    first = max(((position - 1) // CHUNK - 1) * CHUNK, tape.start, 0)
    stretches = tape.stretches(first, position)
    state = State(column_ps, stretches[0].start)
    state.begin(tape.opening(state.position))
    for stretch in stretches:
        if stretch.start > state.position:
            state.pass_over(tape.key_at(stretch.start), stretch.start)
        if stretch is stretches[-1]:
            state.histories.load(tape, stretch.start)
        for records in tape.slices(*stretch):
            for piece in pieces(records, state.position):
                state.apply_piece(piece)
    return state
