"""State: everything a panel may ask, folded from the tape record by record."""

from kbview.state.counted import Counted
from kbview.state.entries import Entries
from kbview.state.histories import Histories
from kbview.state.positions import Positions
from kbview.state.why import EXPLAINED, Why
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters, Sample
from kbview.tape.station import Station

CHUNK = 4096  # records: single packets and events are remembered for one to two of these
COLUMN_PS = 20 * 10**6
_MARKERS = frozenset(ev.MARKERS)


class State:
    """The picture at `now_ps`, after the first `position` records of a tape.

    It depends on the records and on `column_ps`, the width of a column of the histories, and on nothing
    else: equal records give an equal state, whoever made them and however one got there.
    """

    def __init__(self, column_ps: int = COLUMN_PS, position: int = 0) -> None:
        self.now_ps = 0
        self.position = position
        self.datapath = ""
        self.summary = ""
        self.since_ps = 0  # when the datapath in force began
        self.stations: tuple[Station, ...] = ()
        self.counted = Counted()
        self.positions = Positions()
        self.entries = Entries()
        self.histories = Histories(column_ps)
        self.lost = 0
        self.note = ""
        self._why = Why(column_ps)
        self.packet = ev.NO_PACKET  # the last one that arrived
        self.last_event: ev.Event | None = None
        self._arrived_at = self._told_at = -1  # their positions

    @property
    def meters(self) -> Meters:
        """The totals and levels now."""
        return self.counted.meters

    @property
    def detail(self) -> Detail:
        """How much is told of this stretch."""
        return self.counted.detail

    @property
    def why(self) -> str:
        """The one sentence that says what decided the course of things just now."""
        return self._why.text(self.now_ps, self.histories)

    # ---- folding ---------------------------------------------------------------------------

    def open(self, started: ev.DatapathStarted) -> None:
        """Take over the datapath that is in force where this state begins."""
        self.datapath, self.summary = started.datapath, started.summary
        self.since_ps, self.stations = started.time_ps, started.stations
        self.positions.lay(started.stations)

    def apply(self, record: ev.Event) -> None:
        """Fold the next record of the tape."""
        if not self.position % CHUNK:
            self._turn()
        self.now_ps = max(self.now_ps, record.time_ps)
        if isinstance(record, Sample):
            self._take(record)
        else:
            self._tell(record)
        self.position += 1

    def _take(self, sample: Sample) -> None:
        self.counted.believe(sample)
        self.histories.add(sample)
        if sample.detail < Detail.STEPS:
            self.positions.clear()
            self.entries.clear()
        if sample.detail < Detail.MILESTONES:
            self.packet, self.last_event = ev.NO_PACKET, None

    def _tell(self, event: ev.Event) -> None:
        kind, position = type(event), self.position
        if kind is ev.FrameRecorded:
            return  # it says what a packet is, and not that anything happened
        self.last_event, self._told_at = event, position
        if self.counted.detail is Detail.STEPS:
            self.counted.count(event)
            self.positions.apply(event)
        if kind in EXPLAINED:
            self._why.apply(event, position // CHUNK)
        if isinstance(event, ev.FrameArrived):
            self.packet, self._arrived_at = event.packet, position
        elif isinstance(event, ev.SoftirqEntered):
            self.entries.apply(event)
        elif kind in _MARKERS:
            self._mark(event)

    def _mark(self, event: ev.Event) -> None:
        match event:
            case ev.DatapathStarted():
                if self.datapath:
                    self.histories.mark(event.datapath)
                self.open(event)
            case ev.EventsLost():
                self.lost += event.count
            case ev.SourceEnded():
                self.note = event.note
            case _:
                pass

    def _turn(self) -> None:
        """Another chunk of the tape begins: forget what the one before the last told."""
        least = self.position - CHUNK
        self.positions.turn()
        self.entries.turn()
        self._why.forget(self.now_ps, least // CHUNK)
        if self._told_at < least:
            self.last_event = None
        if self._arrived_at < least:
            self.packet = ev.NO_PACKET

    def pass_time(self, now_ps: int) -> None:
        """Nothing more is told up to this time."""
        self.now_ps = max(self.now_ps, now_ps)
