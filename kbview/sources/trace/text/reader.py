"""A trace's text as records, in the order of time."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import TextIO

from kbview.sources.trace.meaning.record import LOST, Record
from kbview.sources.trace.meaning.table import BY_NAME
from kbview.sources.trace.text import line as lines
from kbview.sources.trace.text import values

_LONGEST = 4096  # characters of a line; the longest that a kernel prints is a tenth of that
_NO_LINE = 1 << 20  # characters without a line's end after which the text is refused
PRELUDE = 20_000  # records from which the interface is chosen
_DEVICE_AT = {
    name: BY_NAME[name].fields.index("name")
    for name in ("netif_receive_skb", "netif_rx_entry", "napi_gro_receive_entry")
}


def bounded_lines(text: TextIO) -> Iterator[str]:
    """The lines of a text, each cut to 4096 characters; no more than that is held of any line.

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
    """Iterates once over records. `names` are the names of tasks by number, as far as records told.

    `strange` counts lines that are no line of a trace, and events with a text that makes no sense.
    """

    def __init__(self, text: TextIO) -> None:
        self.names: dict[int, str] = {}
        self.strange = 0
        self.read = 0
        records = self._records(bounded_lines(text))
        self.prelude = list(islice(records, PRELUDE))
        self._rest = records

    def __iter__(self) -> Iterator[Record]:
        return chain(self.prelude, self._rest)

    def _records(self, text: Iterator[str]) -> Iterator[Record]:
        last_ns = 0
        for raw in text:
            said = lines.parse(raw)
            if said is None:
                self.strange += bool(raw.strip()) and not raw.startswith(("#", "cpus=", "version"))
                continue
            self.read += 1
            if isinstance(said, lines.LostLine):
                yield Record(last_ns, said.cpu, 0, 0, LOST, (max(said.records, 1),))
                continue
            last_ns = max(last_ns, said.time_ns)
            self.names.setdefault(said.pid, said.comm)
            found = values.of(said.event, said.rest)
            if found is not None:
                yield Record(last_ns, said.cpu, said.pid, said.flags, *found)

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
