"""Rows for spreadsheets and scripts: a line a record, events and meters alike.

Units stand in the names of columns and fields: `_ps` is picoseconds, `bytes` and `length` are bytes,
all other numbers are counts. docs/formats.md explains each column.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from kbview.cli.exports.file_format import Export, fields, origin
from kbview.tape.event import Event
from kbview.tape.meter import TOTALS, Sample
from kbview.tape.source import Heading

COLUMNS = ("time_ps", "record", "cpu", "queue", "packet", "details", *TOTALS)
_PLACED = ("cpu", "queue", "packet")
VERSION = 1  # of the JSON lines


class Csv(Export):
    """Where it happened has columns of its own, the rest is JSON; samples fill the totals."""

    name = "csv"
    summary = "a row a record: events, and samples of the meters"

    def pieces(self, records: Iterable[Event], heading: Heading) -> Iterator[bytes]:
        del heading  # a table has no room for it
        yield _line(COLUMNS)
        for record in records:
            head: list[object] = [record.time_ps, type(record).__name__]
            if isinstance(record, Sample):
                totals = [getattr(record.meters, name) for name in TOTALS]
                yield _line([*head, *("" for _ in _PLACED), "", *totals])
                continue
            told = fields(record)
            placed = ["" if (value := told.pop(name, None)) is None else value for name in _PLACED]
            yield _line([*head, *placed, json.dumps(told), *("" for _ in TOTALS)])


def _line(cells: Iterable[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


class JsonLines(Export):
    """Each record as an object; an unknown value is null."""

    name = "jsonl"
    summary = "an object a line, with every field; all meters of a sample"

    def pieces(self, records: Iterable[Event], heading: Heading) -> Iterator[bytes]:
        head = {"time_ps": 0, "record": "Heading", "version": VERSION, "origin": origin(heading)}
        yield (json.dumps(head) + "\n").encode()
        for record in records:
            line = {"time_ps": record.time_ps, "record": type(record).__name__, **fields(record)}
            yield (json.dumps(line) + "\n").encode()
