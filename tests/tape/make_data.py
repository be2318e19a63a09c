"""Makes the tape of the present schema version for tests/tape/data: every class of event, and samples.

    python -m tests.tape.make_data

Beside it stands what is on it, as lines of JSON. Files of older versions are never made anew.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from kbview.tape import events as ev
from kbview.tape.event_batch import BatchTable, EventBatch
from kbview.tape.kbt.schema import SCHEMA
from kbview.tape.kbt.writer import TapeWriter
from tests.tape.small import HEADER, event, records

DATA = Path(__file__).parent / "data"


def fields(record: ev.Event) -> dict[str, object]:
    """A record by the names of its fields, with its class."""
    values = {name: getattr(record, name) for name in record.__struct_fields__}
    plain: dict[str, object] = msgspec.to_builtins(values)
    return {"class": type(record).__name__, **plain}


def batch(begin_ps: int) -> EventBatch:
    """Events of frames by columns: three of each class, those of a row at the same time."""
    tables = []
    for kind in (ev.FrameArrived, ev.FrameMissed, ev.PacketDropped, ev.PacketDelivered):
        told = [event(kind, time_ps) for time_ps in range(begin_ps, begin_ps + 30, 10)]
        columns = [[getattr(each, name) for each in told] for name in kind.__struct_fields__]
        tables.append(BatchTable(kind, columns))
    return EventBatch(tables)


def tape(told: Sequence[ev.Event], batched: EventBatch) -> bytes:
    """A tape of records in chunks of 24, then of a batch in a chunk of its own."""
    data = bytearray()
    writer = TapeWriter(data.extend, HEADER)
    for first in range(0, len(told), 24):
        writer.extend(told[first : first + 24])
        writer.flush()
    writer.extend_batch(batched)
    writer.close()
    return bytes(data)


def main() -> None:
    """Write both files, unless they are there."""
    path = DATA / f"schema-{SCHEMA}.kbt"
    if path.exists():
        sys.exit(f"{path.name} exists; raise SCHEMA in kbview/tape/kbt/schema.py first")
    told = records()
    batched = batch(told[-1].time_ps + 1)
    path.write_bytes(tape(told, batched))
    lines = [json.dumps(fields(record)) for record in [*told, *batched.events()]]
    path.with_suffix(".jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
