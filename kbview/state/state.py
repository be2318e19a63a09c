"""State: everything a panel may ask, folded from the tape record by record."""

from collections.abc import Callable, Iterable
from functools import partial
from weakref import proxy

from kbview.state.connections import Connections
from kbview.state.histories import Histories
from kbview.state.latest import Latest
from kbview.state.meters_at import MetersAt
from kbview.state.pieces import CHUNK
from kbview.state.positions import Positions
from kbview.state.reducer import Reducer
from kbview.state.ring_slots import RingSlots
from kbview.state.softirq_entries import SoftirqEntries
from kbview.state.softirq_runs import SoftirqRuns
from kbview.state.why import Why
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.event_run import EventRun
from kbview.tape.key_frame import KeyFrame
from kbview.tape.meter import Meters, Sample
from kbview.tape.station import Station

COLUMN_PS = 20 * 10**6
_FEW = 8  # records; to sort them by their classes costs more than it saves


class State:
    """The picture at `now_ps`, after the first `position` records of a tape.

    It depends on the records and on `column_ps`, the width of a column of the histories, and on nothing
    else: equal records give an equal state, whatever made them, and however the reader came there.
    """

    def __init__(self, column_ps: int = COLUMN_PS, position: int = 0) -> None:
        self.now_ps = 0
        self.position = position
        self.datapath = ""
        self.summary = ""
        self.since_ps = 0  # when the datapath in force began
        self.stations: tuple[Station, ...] = ()
        self.lost = 0  # events that are not on the tape
        self.uncounted = False  # whether more of them are missing, which nobody counted
        self.note = ""
        # The reducers, in the order in which they get a record. A line here adds another.
        self.counted = MetersAt()
        self.histories = Histories(column_ps)
        self.positions = Positions()
        self.entries = SoftirqEntries()
        self.runs = SoftirqRuns()
        self.connections = Connections()
        self.slots = RingSlots()
        self.latest = Latest()
        self.reasons = Why(column_ps)
        self._reducers = tuple(one for one in vars(self).values() if isinstance(one, Reducer))
        self._hearers: dict[type[ev.Event], tuple[Callable[[ev.Event], None], ...]] = {}
        self._told = self.counted.detail

    @property
    def meters(self) -> Meters:
        """The totals and levels now."""
        return self.counted.meters

    @property
    def detail(self) -> Detail:
        """How much the tape holds of this stretch."""
        return self.counted.detail

    @property
    def packet(self) -> int:
        """The last packet that arrived; NO_PACKET if the tape holds no single packets here."""
        return self.latest.packet

    @property
    def last_event(self) -> ev.Event | None:
        """The last event; None if the tape holds no events here."""
        return self.latest.event

    @property
    def why(self) -> str:
        """The sentence about the cause of the latest events; "" when nothing happened."""
        return self.reasons.text(self.now_ps, self.histories)

    # ---- folding ---------------------------------------------------------------------------

    def open(self, started: ev.DatapathStarted) -> None:
        """Take over the datapath that is in force where this state begins."""
        self.datapath, self.summary = started.datapath, started.summary
        self.since_ps, self.stations = started.time_ps, started.stations
        for reducer in self._reducers:
            reducer.open(started)

    def begin(self, opening: Iterable[ev.Event]) -> None:
        """Take over datapath, meters and losses where this state begins, from Tape.opening."""
        for record in opening:
            kind = type(record)
            if kind in _OPENING:
                self._take_over(record)
            elif self._told is Detail.STEPS:
                self.counted.count(record)

    def _take_over(self, record: ev.Event) -> None:
        match record:
            case ev.DatapathStarted():
                self.open(record)
            case KeyFrame():
                self.lost, self.uncounted = record.lost, record.uncounted
            case ev.EventsLost():
                self.lost += record.count
                self.uncounted |= not record.count
            case _:
                pass
        self.counted.apply(record)
        self._hear(self.counted.detail)

    def apply(self, record: ev.Event) -> None:
        """Fold the next record of the tape."""
        if not self.position % CHUNK:
            self._turn()
        if record.time_ps > self.now_ps:  # noqa: PLR1730 - max() takes twice as long, record by record
            self.now_ps = record.time_ps
        hearers = self._hearers.get(type(record))
        for apply in self._hearing(type(record)) if hearers is None else hearers:
            apply(record)
        self.position += 1

    def apply_piece(self, piece: EventRun) -> None:
        """Fold the next records of the tape, a piece of it: the same as each of them by `apply`."""
        records = piece.records
        if len(records) < _FEW:
            for record in records:
                self.apply(record)
            return
        if not self.position % CHUNK:
            self._turn()
        self.now_ps = max(self.now_ps, records[-1].time_ps)
        self.position += len(records)
        run = piece.without(ev.FrameRecorded)  # the content of a packet; nothing happened
        if run.records:
            for reducer in self._reducers:
                reducer.apply_run(run, self._told)

    def pass_over(self, key: KeyFrame, position: int) -> None:
        """Go on at `position`, behind samples alone, from the key frame there.

        The histories have to be loaded anew, because columns may have ended between.
        """
        for _ in range(-(-(position - 1) // CHUNK) - -(-self.position // CHUNK)):
            self._turn()
        self.position = position - 1
        self.apply(key)

    def _turn(self) -> None:
        """Begin another chunk."""
        for reducer in self._reducers:
            reducer.turn()

    def _hearing(self, kind: type[ev.Event]) -> tuple[Callable[[ev.Event], None], ...]:
        """All that hears records of this class at the present detail, in order; kept for the next."""
        hearers = [reducer.hearer(kind, self._told) for reducer in self._reducers]
        if kind is ev.FrameRecorded:
            hearers = []  # the content of a packet; nothing happened
        if issubclass(kind, Sample) or kind in _MARKERS:
            # A reference to itself would keep an abandoned state until a full garbage collection.
            hearers.append(partial(State._mark, proxy(self)))
        self._hearers[kind] = tuple(hearer for hearer in hearers if hearer is not None)
        return self._hearers[kind]

    def _hear(self, detail: Detail) -> None:
        """Records of this detail follow."""
        if detail is not self._told:
            self._told, self._hearers = detail, {}

    def _clear(self, detail: Detail) -> None:
        """A stretch of this detail begins."""
        for reducer in self._reducers:
            if reducer.least > detail:
                reducer.clear()

    def _mark(self, event: ev.Event) -> None:
        match event:
            case Sample():
                self._clear(event.detail)
                self._hear(self.counted.detail)
            case ev.DatapathStarted():
                self.open(event)
            case ev.EventsLost():
                self.lost += event.count
                self.uncounted |= not event.count
            case ev.SourceEnded():
                self.note = event.note
            case _:
                pass

    def pass_time(self, now_ps: int) -> None:
        """Let time pass in which nothing happened."""
        self.now_ps = max(self.now_ps, now_ps)


_MARKERS = frozenset(ev.MARKERS)
_OPENING = frozenset({Sample, KeyFrame, ev.DatapathStarted, ev.EventsLost})
