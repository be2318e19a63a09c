"""Rebuild: the state at any position of a tape, without folding the tape from its start.

tape     |-------K-----|=========|=====P------------|
                  ~~~~> counting  folding
K        the last key frame before the stretch that is folded
|==      the chunk of P and the chunk before: single packets and events are remembered so long
         the histories come from single samples, so chunks of samples alone are passed over
"""

from kbview.state.pieces import CHUNK, pieces
from kbview.state.state import State
from kbview.tape.tape import Reel


def rebuild(tape: Reel, position: int, column_ps: int) -> State:
    """The state after the first `position` records: the same as folding every one of them."""
    first = max(((position - 1) // CHUNK - 1) * CHUNK, tape.start, 0)
    first = tape.behind_samples(first, max(first, position - 1))
    state = State(column_ps, first)
    state.begin(tape.opening(first))
    state.histories.load(tape, first)
    for records in tape.slices(first, position):
        for piece in pieces(records, state.position):
            state.apply_piece(piece)
    return state
