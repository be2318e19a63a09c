"""Key frames: what must be known to begin in the middle of a tape, and who finds it out.

Every chunk of a tape opens with one, so nobody who looks for a moment folds more than a chunk.
"""

from collections.abc import Sequence

import msgspec

from kbview.tape.detail import Detail
from kbview.tape.event import Event
from kbview.tape.events import DatapathStarted, EventsLost
from kbview.tape.meter import Meters, Sample


class KeyFrame(Sample):
    """The meters before the next record, the datapath in force and how many events are lost so far.

    `uncounted`: more were lost, and nobody counted them.
    `exact` is False where the records before could not be had, so that nothing may begin here.
    """

    started: DatapathStarted | None = None
    lost: int = 0
    uncounted: bool = False


NOTED = frozenset({Sample, DatapathStarted, EventsLost})  # the key frame changes with each of them


def _counting(record: Event) -> bool:
    """Whether events are counted from this record on."""
    return isinstance(record, Sample) and record.detail is Detail.STEPS


class Framer:
    """Follows a tape a chunk at a time, as a state does event by event, and says the key frame after.

    At the finest detail samples are rarely exact, and only a count of all events gives the meters.
    """

    def __init__(self) -> None:
        self._frame = KeyFrame(0, Meters(), Detail.METERS)

    def follow(self, records: Sequence[Event], noted: Sequence[Event]) -> KeyFrame:
        """The key frame after these records, which come next on the tape; at least one.

        `noted` are the records of the classes in NOTED among them.
        """
        frame = self._frame
        counting = frame.detail is Detail.STEPS or any(map(_counting, noted))
        for record in records if counting else noted:
            if type(record) in NOTED:
                self._note(record)
            elif frame.detail is Detail.STEPS:
                record.change(frame.meters)
        frame.time_ps = records[-1].time_ps
        return self.snapshot()

    def snapshot(self) -> KeyFrame:
        """A copy that stays as it is."""
        return msgspec.structs.replace(self._frame, meters=self._frame.meters.copy())

    def _note(self, record: Event) -> None:
        match record:
            case Sample():
                self._believe(record)
            case DatapathStarted():
                self._frame.started = record
            case EventsLost():
                self._frame.lost += record.count
                self._frame.uncounted |= not record.count
            case _:
                pass

    def _believe(self, sample: Sample) -> None:
        frame = self._frame
        if sample.exact or frame.detail < Detail.STEPS:
            counting = sample.detail is Detail.STEPS
            frame.meters = sample.meters.copy() if counting else sample.meters
        frame.detail = sample.detail
