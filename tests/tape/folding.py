"""What a state makes of records, to be compared."""

from collections.abc import Iterable

from kbview.state.state import State
from kbview.tape.events import Event


def folded(records: Iterable[Event]) -> State:
    """A state that has seen these records and nothing else."""
    state = State()
    for record in records:
        state.apply(record)
    return state


def picture(state: State) -> tuple[object, ...]:
    """What a state knows without looking at single packets."""
    return state.now_ps, state.datapath, state.stations, state.meters, state.detail
