"""A trace in Chrome's JSON format, for Perfetto and speedscope: cores as tracks, packets as flows.

A step is a pair of begin and end. Consecutive steps share the text of their common time: a begin with a
duration would be rounded, and the next step would begin inside it.
Read more: "Trace Event Format", the Chromium project; ui.perfetto.dev
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from kbview.cli.exports.file_format import Export, fields, origin
from kbview.tape.event import NO_PACKET, Event
from kbview.tape.events import (
    DatapathStarted,
    EndUnseen,
    FrameArrived,
    FrameMissed,
    FrameRecorded,
    PacketDelivered,
    PacketDropped,
    StepTaken,
)
from kbview.tape.meter import Sample
from kbview.tape.source import Heading

CORES, MACHINE = 1, 2  # process ids: the cores, and what is on no core
_ENDS = (PacketDelivered, PacketDropped, FrameMissed, EndUnseen)
_LEFT_OUT = (FrameRecorded,)


class Chrome(Export):
    """Steps are slices on their core, other events instants, meters counters, packets arrows."""

    name = "chrome"
    summary = "a trace for ui.perfetto.dev or chrome://tracing"

    def pieces(self, records: Iterable[Event], heading: Heading) -> Iterator[bytes]:
        about = json.dumps({"source": origin(heading)})
        yield f'{{"displayTimeUnit":"ns","otherData":{about},"traceEvents":[\n'.encode()
        first = True
        for made in _made(records):
            yield (b"" if first else b",\n") + _text(made).encode()
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


def _text(made: dict[str, Any]) -> str:
    """The event as JSON; its time, in ps, is written in exact decimal microseconds."""
    time_ps = made.pop("ts", None)
    text = json.dumps(made)
    if time_ps is None:
        return text
    return f'{text[:-1]}, "ts": {time_ps // 1_000_000}.{time_ps % 1_000_000:06d}}}'


def _named(kind: str, pid: int, tid: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": kind, "pid": pid, "tid": tid, "args": {"name": name}}


def _slice(record: StepTaken, under_way: dict[int, bool]) -> Iterator[dict[str, Any]]:
    """A step, and the arrow of its packet that passes through it."""
    place = {"name": record.step, "cat": str(record.account), "pid": CORES, "tid": record.cpu}
    args = {"packet": record.packet} if record.packet != NO_PACKET else {}
    yield {"ph": "B", **place, "ts": record.time_ps, "args": args}
    if record.packet in under_way:
        yield _arrow("t" if under_way[record.packet] else "s", record, record.cpu)
        under_way[record.packet] = True
    yield {"ph": "E", **place, "ts": record.time_ps + record.duration_ps}


def _arrow(phase: str, record: Any, cpu: int) -> dict[str, Any]:
    return {
        "ph": phase,
        "name": "packet",
        "cat": "packet",
        "id": record.packet,
        "pid": CORES,
        "tid": cpu,
        "ts": record.time_ps,
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
        "ts": record.time_ps,
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
            "ts": sample.time_ps,
            "args": {"value": value},
        }
