"""A trace's text as records, in the order of time."""

import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import TextIO

from kbview.sources.trace.meaning.record import LOST, TraceRecord
from kbview.sources.trace.meaning.table import BY_NAME
from kbview.sources.trace.text import clock, json_line, lost, recognition, values
from kbview.sources.trace.text import line as lines
from kbview.sources.trace.text.json_line import JsonLine
from kbview.sources.trace.text.line import TraceLine, Unit
from kbview.sources.trace.text.lost import LostLine

_LONGEST = 1 << 14  # characters of a line; the longest that a kernel prints is a tenth of that
_NO_LINE = 1 << 20  # characters without a line's end after which the text is refused
PRELUDE = 20_000  # records from which the interface is chosen
_STAMPS = 512  # lines from which the unit of the stamps is found out
RECEIVING = ("netif_receive_skb", "netif_rx_entry", "napi_gro_receive_entry")
_DEVICE_AT = {name: BY_NAME[name].fields.index("name") for name in RECEIVING}
# Fields without which a record cannot be understood.
_NEEDED = frozenset({"skbaddr", "name", "dev_name"})
_NEEDED_AT = {
    name: tuple(at for at, field in enumerate(point.fields) if field in _NEEDED)
    for name, point in BY_NAME.items()
}
# Lines that belong to a trace and are no record: headers, stacks, the frame of a dump, a page of HTML.
_BESIDE = re.compile(
    r"\s*$|#|cpus=|version\b|CPU \d{1,5} is empty|TRACE:|-{5,}|<|\s*=>|\s+(?:[0-9a-f]{4,16}\s|\S+ \()"
    r"|.{0,120}<(?:user )?stack trace>|.{0,120}ftrace buffer"
)


def bounded_lines(text: TextIO) -> Iterator[str]:
    """The lines of a text, each cut to 16,384 characters; no more than that is held of any line.

    Errors: ValueError after 1,048,576 characters without a line's end, for they are no trace.
    """
    while line := text.readline(_LONGEST):
        length, piece = len(line), line
        while not piece.endswith("\n") and (piece := text.readline(_LONGEST)):
            length += len(piece)
            if length > _NO_LINE:
                raise ValueError(f"a line has more than {_NO_LINE:,} characters: no kernel trace")
        yield line


class TraceReader:
    """Iterates once over the records of a text. `clock_said`: stamps without a dot are nanoseconds.

    `names` are the names of tasks by number, `heard` the tracepoints, both as far as records were read.
    `strange` counts lines that belong to no trace, `backwards` records with a time before the record
    above, `unreadable` records of a tracepoint without the fields that are needed. `cut` says why the
    text broke off, "" if it did not. `lacking` names the fields that the lines lack, "" if none.
    """

    def __init__(self, text: TextIO, *, clock_said: bool = False) -> None:
        self.names: dict[int, str] = {}
        self.heard: set[str] = set()
        self.strange = 0
        self.read = 0
        self.backwards = 0
        self.unreadable: dict[str, int] = {}
        self.cut = ""
        self.lacking = ""
        self.numbered = False  # whether drop reasons are numbers
        self._clock_said = clock_said
        self._last_ns = -1  # before the first record
        records = self._records(self._timed(self._said(text)))
        self.prelude = list(islice(records, PRELUDE))
        self._rest = records

    def __iter__(self) -> Iterator[TraceRecord]:
        return chain(self.prelude, self._rest)

    def _said(self, text: TextIO) -> Iterator[TraceLine | LostLine | JsonLine]:
        """The values of each line that has some; foreign lines below the first of them are counted."""
        begun = False
        try:
            for raw in bounded_lines(text):
                said = _parse(raw)
                if said is not None:
                    begun = True
                    yield said
                elif not _BESIDE.match(raw):
                    self.strange += begun
                    self.lacking = self.lacking or recognition.missing_fields(raw) or ""
        except EOFError as error:
            self.cut = f"the file is not whole: {error}"

    def _timed(
        self, said: Iterator[TraceLine | LostLine | JsonLine]
    ) -> Iterator[TraceLine | LostLine | JsonLine]:
        """The same, once the unit of their stamps is known."""
        first = list(islice(said, _STAMPS))
        traced = [each for each in first if isinstance(each, TraceLine)]
        stamps = [each.time_ns for each in traced if each.unit is Unit.UNSAID]
        if stamps and not self._clock_said and (refusal := clock.refusal(stamps)):
            raise clock.ClockError(refusal)
        yield from first
        yield from said

    def _records(self, said: Iterator[TraceLine | LostLine | JsonLine]) -> Iterator[TraceRecord]:
        unplaced: list[LostLine] = []  # losses before the first time that is known
        for each in said:
            self.read += 1
            if isinstance(each, LostLine):
                unplaced.append(each)
            else:
                self._name(each)
                record = self._record(each)
                yield from self._losses(unplaced)
                if record is not None:
                    yield record
            if self._last_ns >= 0 and unplaced:
                yield from self._losses(unplaced)
        yield from self._losses(unplaced)

    def _losses(self, unplaced: list[LostLine]) -> Iterator[TraceRecord]:
        for each in unplaced:
            yield TraceRecord(max(0, self._last_ns), each.cpu, 0, 0, LOST, (each.records,))
        unplaced.clear()

    def _name(self, each: TraceLine | JsonLine) -> None:
        if each.comm and each.comm != "<...>":
            self.names.setdefault(each.pid, each.comm)

    def _record(self, each: TraceLine | JsonLine) -> TraceRecord | None:
        """The record of a line; None if the table does not have its tracepoint, or it is unreadable."""
        self.backwards += each.time_ns < self._last_ns
        self._last_ns = max(self._last_ns, each.time_ns)
        if isinstance(each, JsonLine):
            found, flags = (each.point, each.values) if each.point else None, 0
        else:
            found, flags = values.of(each.event, each.rest), each.flags
        if found is None:
            return None
        point, said = found
        if any(said[at] is None for at in _NEEDED_AT[point]):
            self.unreadable[point] = self.unreadable.get(point, 0) + 1
            if isinstance(each, TraceLine) and not each.rest.strip(": "):
                self.lacking = recognition.lacking(["trace"])
            return None
        if point != "napi_poll" or said[2] is not None:
            self.heard.add(point)
        if point == "kfree_skb":
            self.numbered |= str(said[3]).startswith(values.NUMBERED)
        return TraceRecord(self._last_ns, each.cpu, each.pid, flags, point, said)

    def devices(self) -> dict[str, int]:
        """The interfaces that receive frames in the beginning, and how many; the busiest first."""
        counts: dict[str, int] = {}
        for record in self.prelude:
            at = _DEVICE_AT.get(record.point)
            if at is not None and isinstance(name := record.values[at], str):
                counts[name] = counts.get(name, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: -item[1]))

    def has_interrupts(self, device: str) -> bool:
        """Whether the interface is polled by a driver of its own, so that hardware is behind it."""
        return any(
            record.point == "napi_poll" and record.values[1] == device for record in self.prelude
        )

    def notes(self) -> list[str]:
        """Sentences on all that was not understood so far."""
        said = [
            (self.strange, f"{self.strange:,} lines are no kernel trace"),
            (self.backwards, f"{self.backwards:,} records are earlier than the record above them"),
            (self.numbered, "drop reasons are numbers here, and each kernel numbers its own"),
            (len(self.cut), self.cut),
        ]
        said += [(count, f"{count:,} records of {name} lack a field") for name, count in self._worst()]
        return [sentence for count, sentence in said if count]

    def _worst(self) -> list[tuple[str, int]]:
        return sorted(self.unreadable.items(), key=lambda item: -item[1])[:3]


def _parse(raw: str) -> TraceLine | LostLine | JsonLine | None:
    if raw.startswith("{"):
        return json_line.parse(raw)
    text = lines.bare(raw)
    return lines.parse(text) or lost.parse(text)
