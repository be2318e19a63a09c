"""Key frames: what must be known to begin in the middle of a tape, and who finds it out.

Every chunk of a tape opens with one, so nobody who looks for a moment folds more than a chunk.
"""

import msgspec

from kbview.tape.detail import Detail
from kbview.tape.event import Event
from kbview.tape.event_run import EventRun
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


class Framer:
    """Follows a tape as a state does, and gives the key frame at any moment.

    At the finest detail samples are rarely exact, and only a count of all events gives the meters.
    """

    def __init__(self) -> None:
        self._frame = KeyFrame(0, Meters(), Detail.METERS)
        self.counting = False  # whether every event counts

    def follow(self, run: EventRun) -> None:
        """Take in the next records, none of which is of a class in NOTED."""
        if self.counting:
            run.count_in(self._frame.meters)

    def count(self, record: Event) -> None:
        """Take in the next record, which is of no class in NOTED."""
        if self.counting:
            record.change(self._frame.meters)

    def snapshot(self, time_ps: int = 0) -> KeyFrame:
        """The key frame after a record of that time; it stays as it is."""
        return msgspec.structs.replace(self._frame, time_ps=time_ps, meters=self._frame.meters.copy())

    def note(self, record: Event) -> None:
        """Take in a record of a class in NOTED."""
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
        self.counting = sample.detail is Detail.STEPS
