"""Tracing one end of the lab: what the kernel told of it while something ran."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from kbview.sources.trace.live.producer import TraceProducer
from kbview.sources.watching.clock import WatchClock
from kbview.tape.detail import Detail
from kbview.tape.events import Event, EventsLost
from kbview.tape.meter import Meters


class Watching:
    """What was told, as it came."""

    def __init__(self, producer: TraceProducer) -> None:
        self.producer = producer
        self.events: list[Event] = []

    def look(self) -> None:
        """Take what there is."""
        self.events += self.producer.take(self.producer.settled_ps())

    def until(self, seen: Callable[[Meters], bool], seconds: float = 30.0) -> Meters:
        """Look until the meters say so, or give up."""
        end = time.monotonic() + seconds
        while True:
            self.look()
            meters = self.meters()
            if seen(meters) or time.monotonic() > end:
                return meters
            time.sleep(0.01)

    def catch_up(self) -> Meters:
        """Look until everything is read that had happened before this call; the meters then."""
        now_ps = self.producer.settled_ps()
        time.sleep(0.05)  # the producer never claims to have read the very present
        end = time.monotonic() + 30
        while self.producer.settled_ps() <= now_ps and time.monotonic() < end:
            time.sleep(0.01)
        self.look()
        return self.meters()

    def meters(self) -> Meters:
        """As last told."""
        meters = Meters()
        self.producer.show(meters)
        return meters


@contextmanager
def watching(link: str, *pids: int, detail: Detail = Detail.STEPS) -> Iterator[Watching]:
    """Trace a link, of whatever namespace, by its name."""
    producer = TraceProducer(link, WatchClock(), pids=pids)
    trace = Watching(producer)
    try:
        producer.set_detail(detail)
        producer.start()
        yield trace
    finally:
        producer.close()
        if any(isinstance(event, EventsLost) for event in trace.events):
            pytest.skip("records were lost: somebody floods this machine")
