"""The outbox: puts events into the order of time, counts them, and passes on the events asked for.

A record may tell of a moment before it: a step when it ends, an interrupt when it turns out to be one
of ours. An event from before the end of the tape is told at the end of the tape.
"""

from operator import attrgetter

from kbview.tape.detail import Detail
from kbview.tape.events import Event
from kbview.tape.meter import Meters

_TIME = attrgetter("time_ps")


class EventOutbox:
    """`meters` have counted exactly the events that were released."""

    def __init__(self) -> None:
        self.meters = Meters()
        self.detail = Detail.STEPS
        self.released_ps = 0
        self.hidden: set[int] = set()  # packets of which nothing is told
        self._waiting: list[Event] = []
        self.tell = self._waiting.append

    def release(self, until_ps: int) -> list[Event]:
        """The events up to `until_ps` as far as the detail asks for them; all of them are counted."""
        waiting, meters, detail = self._waiting, self.meters, self.detail
        waiting.sort(key=_TIME)
        count = len(waiting)
        while count and waiting[count - 1].time_ps > until_ps:
            count -= 1
        if self.hidden:
            count = self._leave_out(count)
        told: list[Event] = []
        floor_ps = self.released_ps
        for event in waiting[:count]:
            event.time_ps = max(event.time_ps, floor_ps)
            event.change(meters)
            if event.level <= detail:
                told.append(event)
        del waiting[:count]
        self.released_ps = max(self.released_ps, until_ps)
        return told

    def _leave_out(self, count: int) -> int:
        """The number of events to release, without the hidden packets', whose journeys are over."""
        waiting, hidden = self._waiting, self.hidden
        kept = [event for event in waiting[:count] if getattr(event, "packet", None) not in hidden]
        waiting[:count] = kept
        later = {getattr(event, "packet", None) for event in waiting[len(kept) :]}
        hidden &= later
        return len(kept)
