"""An interface whose packets are counted in the kernel: exact totals, and stories of all or a sample.

    link counters, programs  ->  totals, exact at any rate
    quiet: tracepoints       ->  every packet, with all that happened
    busy: programs           ->  one packet in 2^n, station by station

Where bpf(2) is not permitted the interface's own counters give the rates, and the tracepoints tell
as many packets as they can; a banner says how many these were.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from heapq import merge
from itertools import count
from operator import attrgetter

from kbview.sources.choosing.wanted import WantedPackets
from kbview.sources.counters.subject import Subject
from kbview.sources.counting.choice import StoryChoice
from kbview.sources.counting.packet_counts import PacketCounts
from kbview.sources.counting.station_record import StationRecord
from kbview.sources.counting.stories import Stories
from kbview.sources.counting.totals import CountedTotals
from kbview.sources.linux.link_flags import LinkFlags
from kbview.sources.trace.live import interface
from kbview.sources.trace.live.producer import TraceProducer
from kbview.sources.trace.live.symbols import Symbols
from kbview.sources.trace.meaning import capabilities
from kbview.sources.trace.meaning.stations import stations
from kbview.sources.watching.clock import WatchClock
from kbview.sources.watching.producer import Producer, WatchedPath
from kbview.tape.detail import Detail
from kbview.tape.events import Event, EventsLost
from kbview.tape.histogram import Histogram
from kbview.tape.meter import Meters

_LOOK_S = 0.5  # between two measurements of the rate
_FIRST_LOOK_S = 0.05  # before the first packet is told
_MOST_DIFFERENCE, _MOST_AHEAD = 0.02, 16  # records are read a moment after the interface's counters
_WRITING_NS = 1_000_000  # a record may be reserved and still be written for so long
_BEHIND_S = 0.1  # less is the writing of records
_LATE_S = 1.0  # a machine so busy that totals of recorded packets are not those of now
_TIME = attrgetter("time_ps")


class CountedTrace(Producer):
    """One interface of this namespace. `counts` is None where bpf(2) is not permitted.

    `stories` False: totals alone, once the interface is busy. `wanted` None takes all packets. Records
    have no addresses, so with a filter packets are told by the counting programs at any rate.
    """

    name = "kernel"

    def __init__(
        self,
        device: str,
        clock: WatchClock,
        index: int,
        counts: PacketCounts | None,
        *,
        stories: bool = True,
        wanted: WantedPackets | None = None,
    ) -> None:
        self._wanted = wanted or WantedPackets()
        self._device, self._clock, self._index = device, clock, index
        self._counts, self._want_stories = counts, stories
        physical = interface.is_physical(device)
        self.way = WatchedPath("kernel", capabilities.SUMMARY, stations(physical=physical))
        self.meters = capabilities.METERS
        self._detail = Detail.METERS
        self._numbers = count()
        self._looked_s = 0.0
        self._others = self._late = False
        self._heard_ps = 0  # up to when the records have been read
        self._before = (Histogram(), Histogram())  # latencies of traces that have ended
        self._leftover: list[Event] = []
        symbols = Symbols()
        with ExitStack() as opened:
            if counts is not None:
                opened.callback(counts.close)
            self._subject = Subject(device)
            opened.callback(self._subject.close)
            self._flags = LinkFlags(device)
            opened.callback(self._flags.close)
            self._totals = CountedTotals(self._subject, counts, symbols.name)
            opened.callback(self._totals.close)
            self._stories = self._new_stories(counts, symbols.name)
            chosen = self._wanted.chosen is not None
            self._choice = StoryChoice(always=chosen)
            self._partial = chosen
            self._trace: TraceProducer | None = None if chosen else self._new_trace()
            opened.pop_all()

    def _new_stories(self, counts: PacketCounts | None, locate: Callable[[int], str]) -> Stories:
        reason = counts.reason if counts is not None else str
        to_ps, number = self._clock.of_monotonic_ns, lambda: next(self._numbers)
        return Stories(to_ps, locate, reason, number, self._device)

    def start(self) -> None:
        before, began_s = self._subject.counts(), time.monotonic()
        time.sleep(_FIRST_LOOK_S)
        now, passed_s = self._subject.counts(), time.monotonic() - began_s
        frames = now.rx_packets + now.tx_packets - before.rx_packets - before.tx_packets
        self._totals.start()
        self._decide(frames / passed_s)
        if self._trace is not None:
            self._trace.start()

    # ---- all, or a sample -------------------------------------------------------------------

    def _decide(self, rate_pps: float) -> None:
        """Record, or follow a sample, by the rate; without the programs there is only recording."""
        self._looked_s = time.monotonic()
        if self._counts is None:
            return
        was = self._choice.sampled
        self._choice.decide(self._looked_s, rate_pps)
        if self._choice.sampled:
            self._partial = True
            if self._trace is not None:
                self._end_trace(self._trace)
            self._counts.tell(self._choice.one_in if self._want_stories else 0)
        elif was:
            self._counts.tell(0)
            self._counts.forget(self._stories.give_up(time.monotonic_ns(), all_of_them=True))
            self._begin_trace()

    def _end_trace(self, trace: TraceProducer) -> None:
        self._leftover += trace.give_up(self._clock.now_ps())
        ended = trace.interpreter.meters()
        self._before[0].merge(ended.latency)
        self._before[1].merge(ended.kernel_latency)
        trace.close()
        self._trace = None

    def _new_trace(self) -> TraceProducer:
        return TraceProducer(
            self._device,
            self._clock,
            index=self._index,
            numbers=self._numbers,
            own=self._wanted.own,
        )

    def _begin_trace(self) -> None:
        self._trace = self._new_trace()
        self._trace.set_detail(self._detail)
        self._trace.start()

    # ---- reading ---------------------------------------------------------------------------

    def settled_ps(self) -> int:
        self._totals.read()
        if time.monotonic() - self._looked_s >= _LOOK_S:
            self._decide(self._totals.rate_pps())
        if self._trace is not None:
            self._heard_ps = self._trace.settled_ps()
            return self._heard_ps
        now_ns = time.monotonic_ns()
        if self._counts is not None:
            for values in self._counts.records():
                self._stories.hear(StationRecord(*values))
            self._counts.forget(self._stories.give_up(now_ns))
        return max(0, self._clock.of_monotonic_ns(now_ns - _WRITING_NS))

    def take(self, until_ps: int) -> list[Event]:
        traced = self._trace.take(until_ps) if self._trace is not None else []
        if any(isinstance(event, EventsLost) for event in traced):
            self._partial = True
        leftover = [event for event in self._leftover if event.time_ps <= until_ps]
        self._leftover = self._leftover[len(leftover) :]
        return list(merge(leftover, traced, self._stories.release(until_ps), key=_TIME))

    def show(self, meters: Meters) -> None:
        meters.banner = self._flags.down_note()
        if self._trace is not None and not self._partial:
            self._trace.show(meters)
            meters.causes, meters.unknown = self._totals.causes(), ()
            self._others = self._partial = self._sees_others(meters.arrived)
            self._late = bool(self._behind(_LATE_S))
            if not self._partial and not self._late:
                return
        seen = self._trace.interpreter.meters() if self._trace is not None else None
        self._totals.show(meters, seen.arrived if seen is not None else 0)
        meters.latency, meters.kernel_latency = self._latencies(seen)
        meters.banner = "; ".join(filter(None, (meters.banner, self._banner(meters, seen))))

    def _sees_others(self, told: int) -> bool:
        """Whether more packets were told than came: another namespace has an interface of this name."""
        return told > self._totals.arrived * (1 + _MOST_DIFFERENCE) + _MOST_AHEAD

    def _latencies(self, seen: Meters | None) -> tuple[Histogram, Histogram]:
        """Of all packets whose story was told."""
        app, kernel = self._before[0].copy(), self._before[1].copy()
        told = (self._stories.latency, self._stories.kernel_latency)
        for latencies in (told, (seen.latency, seen.kernel_latency) if seen is not None else told[:0]):
            for whole, part in zip((app, kernel), latencies, strict=False):
                whole.merge(part)
        return app, kernel

    def _banner(self, meters: Meters, seen: Meters | None) -> str:
        if self._counts is None:
            told = seen.arrived if seen is not None else 0
            seen_of = f"seen {told:,} of {meters.arrived:,} packets"
            return f"{seen_of}{self._behind()}: the interface counts these"
        if seen is not None and self._others:
            return f"totals are exact; packets of another namespace's {self._device} are told, too"
        if seen is not None:
            return f"totals are exact; since it is quiet, every packet is told{self._behind()}"
        if not self._want_stories:
            return "totals are exact; no packet is told"
        one_in = self._choice.one_in
        share = (
            f"1 packet of {one_in} is told, and times are of these" if one_in > 1 else "all are told"
        )
        return f"totals are exact; {share}"

    def _behind(self, least_s: float = _BEHIND_S) -> str:
        """How long ago the last record that has been read was written; "" if below `least_s`."""
        behind_s = (self._clock.now_ps() - self._heard_ps) / 1e12
        return f", {behind_s:.1f} s behind" if behind_s >= least_s else ""

    def told(self, detail: Detail) -> Detail:
        """A sample is told whatever the dial says, and never all of it; late packets are no total."""
        return min(detail, Detail.MILESTONES) if self._partial or self._late else detail

    @property
    def ended(self) -> str | None:
        if self._trace is not None:
            return self._trace.ended
        if not interface.is_there(self._device, self._index):
            return f"{self._device} is gone: somebody removed the interface"
        return None

    def set_detail(self, detail: Detail) -> None:
        self._detail = detail
        if self._trace is not None:
            self._trace.set_detail(detail)

    def close(self) -> None:
        if self._trace is not None:
            self._trace.close()
        if self._counts is not None:
            self._counts.close()
        self._totals.close()
        self._flags.close()
        self._subject.close()
