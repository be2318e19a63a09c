"""Tapes to go back and forth on: every recording through every datapath, and an overload."""

from copy import copy
from functools import cache
from typing import Any

import msgspec

from kbview.emulator.datapaths import DATAPATHS
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.histories import Histories
from kbview.state.meters_at import MetersAt
from kbview.state.rebuild import rebuild
from kbview.state.speed import US
from kbview.state.state import State
from kbview.tape.detail import Detail
from kbview.tape.tape import Tape

RECORDINGS = ("http.pcap", "bulk.pcap", "mixed.pcap", "udp-bursts.pcap")
WORDS = (*RECORDINGS, "overload-udp")
DATAGRAMS = [name for name, kind in DATAPATHS.items() if kind.takes_datagrams]
CASES = [
    *((word, datapath) for word in RECORDINGS for datapath in DATAPATHS),
    *(("overload-udp", datapath) for datapath in DATAGRAMS),
]
GAP_PS = 30 * US
FRAME_PS = 20 * US
BUSY_FRAME_PS = 8 * US  # of an overload: some 20,000 records, which are several chunks


@cache
def tape_of(word: str, datapath: str, frames: int = 100) -> Tape:
    """So many frames of play at every detail in turn, with a switch to the other datapath and back."""
    soon = (("retire_us", "20"),)  # or a packet socket's block would be open longer than all of this
    choice = Choice(datapath=datapath, longest_gap_ps=GAP_PS, overrides=soon)
    source = resolve(recording(word) or word, choice)
    others = [name for name in source.datapaths() if name != datapath]
    tape, now_ps = Tape(), 0
    frame_ps = FRAME_PS if word in RECORDINGS else BUSY_FRAME_PS
    details = (Detail.STEPS, Detail.MILESTONES, Detail.METERS, Detail.STEPS)
    for frame in range(frames):
        source.set_detail(details[frame * len(details) // frames])
        if frame % 40 == 39 and not source.ended:
            source.switch(others[0] if frame % 80 == 39 else datapath)
        now_ps = source.pump(tape, now_ps + frame_ps)
    source.close()
    return tape


def folded(tape: Tape, column_ps: int = FRAME_PS) -> State:
    """A state that nothing was folded into yet."""
    return State(column_ps, tape.start)


_OF_SAMPLES = {MetersAt, Histories}  # they hold samples of the tape itself; compared by what they say


def at(tape: Tape, position: int, column_ps: int = FRAME_PS) -> State:
    """The state at a position, for somebody who was never there."""
    return rebuild(tape, position, column_ps)


def dump(state: State) -> Any:
    """All that a state can say; to be compared between states of one tape."""
    said = msgspec.to_builtins(
        {
            "time": (state.now_ps, state.position, state.since_ps),
            "path": (state.datapath, state.summary, state.stations),
            "meters": state.meters,
            "detail": state.detail,
            "at": list(state.positions.at.items()),
            "last": (state.packet, state.last_event, state.lost, state.note, state.why),
            "columns": [  # their samples are the tape's own
                (column.number, column.marker, id(column.interval.before), id(column.interval.after))
                for column in state.histories.columns
            ],
        },
        str_keys=True,
    )
    reducers = [
        (type(one), {name: copy(value) for name, value in vars(one).items()})
        for one in state._reducers
        if type(one) not in _OF_SAMPLES
    ]
    return {**said, "reducers": reducers}
