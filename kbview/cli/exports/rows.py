"""Rows for spreadsheets and scripts: a line a record, events and meters alike."""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from kbview.cli.exports.export import Export, fields
from kbview.tape.event import Event
from kbview.tape.events import FrameRecorded
from kbview.tape.meter import TOTALS, Sample

COLUMNS = ("time_ps", "record", "cpu", "queue", "packet", "details", *TOTALS)
_PLACED = ("cpu", "queue", "packet")


class Csv(Export):
    """Where it happened has columns of its own, the rest is JSON; samples fill the totals."""

    name = "csv"
    summary = "a row a record: events, and samples of the meters"

    def pieces(self, records: Iterable[Event]) -> Iterator[bytes]:
        yield _line(COLUMNS)
        for record in records:
            head: list[object] = [record.time_ps, type(record).__name__]
            if isinstance(record, Sample):
                totals = [getattr(record.meters, name) for name in TOTALS]
                yield _line([*head, *("" for _ in _PLACED), "", *totals])
                continue
            told = fields(record)
            placed = [told.pop(name, "") for name in _PLACED]
            yield _line([*head, *placed, json.dumps(told), *("" for _ in TOTALS)])


def _line(cells: Iterable[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


class JsonLines(Export):
    """Each record as an object; the bytes of a frame are in hexadecimal."""

    name = "jsonl"
    summary = "an object a line, with every field; all meters of a sample"

    def pieces(self, records: Iterable[Event]) -> Iterator[bytes]:
        for record in records:
            told = fields(record)
            if isinstance(record, FrameRecorded):
                told["data"] = record.data.hex()
            line = {"time_ps": record.time_ps, "record": type(record).__name__, **told}
            yield (json.dumps(line) + "\n").encode()
