"""A watch: several producers, merged by time into one live source.

    ring reader ──┐
    counters ─────┼─ settled up to the slowest ─ merged ─ tape
    tracepoints ──┘

The first producer leads: its packets' way is the datapath, and when it ends the watch ends.
"""

import math
import time
from collections.abc import Sequence
from heapq import merge
from operator import attrgetter

from kbview.sources.watching.clock import WatchClock
from kbview.sources.watching.producer import Producer
from kbview.tape.detail import Detail
from kbview.tape.events import DatapathStarted, Event, SourceEnded
from kbview.tape.meter import Meters, Sample
from kbview.tape.source import Capabilities, Heading, Source
from kbview.tape.tape import Tape

_PERIOD_S = 0.05  # between two samples while a caller waits for time to pass
_LEAST_S = 0.01  # between two looks, however often it is pumped
_BY_TIME = attrgetter("time_ps")


class Watch(Source):
    """Owns its producers. `most_frames`: end after about so many have arrived; None: never.

    `label` says which packets are shown; it stands on the screen in front of banner and summary.
    """

    name = "watch"
    summary = "this machine as it runs"

    def __init__(
        self,
        heading: Heading,
        clock: WatchClock,
        producers: Sequence[Producer],
        most_frames: int | None = None,
        label: str = "",
    ) -> None:
        self._label = label
        self.heading = heading
        known = frozenset[str]().union(*(producer.meters for producer in producers))
        self.capabilities = Capabilities(live=True, lossy=True, meters=known)
        self._clock = clock
        self._producers = tuple(producers)
        self._most_frames = math.inf if most_frames is None else most_frames
        self._meters = Meters()
        self._detail = Detail.METERS
        self._reached_ps = 0
        self._looked_s = -math.inf
        self._started = False
        self._told_end = False

    def can_run(self) -> str | None:
        return None  # a source that cannot run was refused when it was opened

    @property
    def ended(self) -> bool:
        return self._told_end

    def set_detail(self, detail: Detail) -> None:
        self._detail = detail
        for producer in self._producers:
            producer.set_detail(detail)

    def pump(self, tape: Tape, until_ps: int, *, budget_s: float = float("inf")) -> int:
        self._start(tape)
        while not self._told_end:
            if time.monotonic() - self._looked_s >= _LEAST_S:
                began_s = time.thread_time()
                self._advance(tape, until_ps)
                self._producers[0].spent(time.thread_time() - began_s)
            left_s = (until_ps - self._reached_ps) / 1e12
            if left_s <= 0 or budget_s < math.inf:
                break
            time.sleep(min(left_s, _PERIOD_S))
        return self._reached_ps

    def _start(self, tape: Tape) -> None:
        if self._started:
            return
        self._started = True
        way = self._producers[0].way
        summary = "; ".join(filter(None, (self._label, way.summary)))
        tape.extend([DatapathStarted(0, way.datapath, summary, way.stations)])
        self._clock.start()
        for producer in self._producers:
            producer.start()

    def _advance(self, tape: Tape, until_ps: int) -> None:
        """Put the settled events on the tape, and a sample behind them."""
        self._looked_s = time.monotonic()
        settled_ps = min(producer.settled_ps() for producer in self._producers)
        ending = self._producers[0].ended
        if ending is not None:
            settled_ps = until_ps = self._clock.now_ps()
        before_ps = self._reached_ps
        self._reached_ps = max(before_ps, min(settled_ps, until_ps))
        tape.extend(self._taken(before_ps))
        self._meters.unknown = ()  # each producer adds its own, at each sample anew
        for producer in reversed(self._producers):
            producer.show(self._meters)
        self._meters.dropped = sum(self._meters.drops.values())
        if self._label and self._meters.banner:
            self._meters.banner = f"{self._label}; {self._meters.banner}"
        tape.extend([Sample(self._reached_ps, self._meters.copy(), self._told())])
        if ending is None and self._meters.arrived >= self._most_frames:
            ending = ""
        if ending is not None:
            self._told_end = True
            tape.extend([SourceEnded(self._reached_ps, ending)])

    def _told(self) -> Detail:
        return self._producers[0].told(self._detail)

    def _taken(self, floor_ps: int) -> list[Event]:
        """The events of the producers, in order; an event that comes too late is told now."""
        lists = [producer.take(self._reached_ps) for producer in self._producers]
        events = list(merge(*lists, key=_BY_TIME))
        for event in events:
            if event.time_ps >= floor_ps:
                break
            event.time_ps = floor_ps
        return events

    def close(self) -> None:
        for producer in self._producers:
            producer.close()
