"""State: everything a panel may ask, folded from the tape record by record."""

from kbview.state.flows import Flows
from kbview.state.histories import Histories
from kbview.state.positions import Positions
from kbview.state.why import Why
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters, Sample
from kbview.tape.station import Station
from kbview.tape.totals import count


class State:
    """The picture at `now_ps`. Equal records give an equal state, whoever made them."""

    def __init__(self) -> None:
        self.now_ps = 0
        self.packet = ev.NO_PACKET
        self.datapath = ""
        self.summary = ""
        self.stations: tuple[Station, ...] = ()
        self.meters = Meters()
        self.detail = Detail.METERS
        self.positions = Positions()
        self.histories = Histories()
        self.flows = Flows()
        self.why = Why()
        self.last_event: ev.Event | None = None
        self.lost = 0
        self.note = ""

    def apply(self, record: ev.Event) -> None:
        """Fold one record."""
        self.now_ps = max(self.now_ps, record.time_ps)
        if isinstance(record, Sample):
            self._believe(record)
            return
        self.last_event = record
        if isinstance(record, ev.FrameArrived):
            self.packet = record.packet
        if self.detail is Detail.STEPS:
            count(self.meters, record)
            self.positions.apply(record)
        self.why.apply(record)
        self._mark(record)

    def _believe(self, sample: Sample) -> None:
        """Between events of the finest detail only an exact sample is better than counting."""
        if sample.exact or self.detail < Detail.STEPS:
            self.meters = sample.meters.copy()
        if sample.detail < Detail.STEPS:
            self.positions.at.clear()
        self.detail = sample.detail

    def _mark(self, record: ev.Event) -> None:
        match record:
            case ev.DatapathStarted():
                if self.datapath:
                    self.histories.mark(record.datapath)
                self.datapath = record.datapath
                self.summary = record.summary
                self.stations = record.stations
                self.positions.lay(record.stations)
                self.flows.lay(record.stations)
            case ev.EventsLost():
                self.lost += record.count
            case ev.SourceEnded():
                self.note = record.note
            case _:
                pass

    def close_frame(self, now_ps: int) -> None:
        """The screen is about to be drawn: end the history column at this time."""
        self.now_ps = max(self.now_ps, now_ps)
        if self.histories.close(self.now_ps, self.meters):
            self.flows.close(self.histories)
        self.why.close(self.histories)

    def close_step(self) -> None:
        """One event is about to be drawn: it ends no column, for a rate over one event says nothing."""
        self.why.settle()
