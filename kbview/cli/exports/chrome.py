"""A trace in Chrome's JSON format, which Perfetto opens: cores as tracks, packets as flows.

Read more: "Trace Event Format", the Chromium project; ui.perfetto.dev
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from kbview.cli.exports.export import PS_PER_US, Export, fields
from kbview.tape.event import NO_PACKET, Event
from kbview.tape.events import (
    DatapathStarted,
    FrameArrived,
    FrameMissed,
    FrameRecorded,
    PacketDelivered,
    PacketDropped,
    StepTaken,
)
from kbview.tape.meter import Sample

CORES, MACHINE = 1, 2  # process ids: the cores, and what is on no core
_ENDS = (PacketDelivered, PacketDropped, FrameMissed)
_LEFT_OUT = (FrameRecorded,)


class Chrome(Export):
    """Steps are slices on their core, other events instants, meters counters, packets arrows."""

    name = "chrome"
    summary = "a trace for ui.perfetto.dev or chrome://tracing"

    def pieces(self, records: Iterable[Event]) -> Iterator[bytes]:
        yield b'{"displayTimeUnit":"ns","traceEvents":[\n'
        first = True
        for made in _made(records):
            yield (b"" if first else b",\n") + json.dumps(made).encode()
            first = False
        yield b"\n]}\n"


def _made(records: Iterable[Event]) -> Iterator[dict[str, Any]]:
    yield _named("process_name", CORES, 0, "cores")
    yield _named("process_name", MACHINE, 0, "NIC and meters")
    seen: set[int] = set()
    under_way: dict[int, bool] = {}  # packets that arrived, and whether a step was told of each
    for record in records:
        cpu = getattr(record, "cpu", -1)
        if cpu >= 0 and cpu not in seen:
            seen.add(cpu)
            yield _named("thread_name", CORES, cpu, f"cpu{cpu}")
        if isinstance(record, Sample):
            yield from _counters(record)
        elif isinstance(record, StepTaken):
            yield from _slice(record, under_way)
        elif not isinstance(record, _LEFT_OUT):
            yield _instant(record, cpu)
            if isinstance(record, FrameArrived):
                under_way[record.packet] = False
            elif isinstance(record, _ENDS) and under_way.pop(record.packet, False):
                yield _arrow("f", record, max(cpu, 0)) | {"bp": "e"}


def _named(kind: str, pid: int, tid: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": kind, "pid": pid, "tid": tid, "args": {"name": name}}


def _slice(record: StepTaken, under_way: dict[int, bool]) -> Iterator[dict[str, Any]]:
    """A step, and the arrow of its packet that passes through it."""
    yield {
        "ph": "X",
        "name": record.step,
        "cat": str(record.account),
        "pid": CORES,
        "tid": record.cpu,
        "ts": record.time_ps / PS_PER_US,
        "dur": record.duration_ps / PS_PER_US,
        "args": {"packet": record.packet} if record.packet != NO_PACKET else {},
    }
    if record.packet in under_way:
        yield _arrow("t" if under_way[record.packet] else "s", record, record.cpu)
        under_way[record.packet] = True


def _arrow(phase: str, record: Any, cpu: int) -> dict[str, Any]:
    return {
        "ph": phase,
        "name": "packet",
        "cat": "packet",
        "id": record.packet,
        "pid": CORES,
        "tid": cpu,
        "ts": record.time_ps / PS_PER_US,
    }


def _instant(record: Event, cpu: int) -> dict[str, Any]:
    where = {"pid": CORES, "tid": cpu} if cpu >= 0 else {"pid": MACHINE, "tid": 0}
    told = fields(record)
    if isinstance(record, DatapathStarted):
        told.pop("stations")
    return {
        "ph": "i",
        "s": "t",
        "name": type(record).__name__,
        **where,
        "ts": record.time_ps / PS_PER_US,
        "args": told,
    }


def _counters(sample: Sample) -> Iterator[dict[str, Any]]:
    meters = sample.meters
    levels = {"in flight": meters.in_flight}
    levels |= {f"{ring.kind} ring {ring.queue}": ring.done for ring in meters.rings}
    levels |= {f"{name} bytes": socket.queued for name, socket in meters.sockets.items()}
    for name, value in levels.items():
        yield {
            "ph": "C",
            "name": name,
            "pid": MACHINE,
            "tid": 0,
            "ts": sample.time_ps / PS_PER_US,
            "args": {"value": value},
        }
