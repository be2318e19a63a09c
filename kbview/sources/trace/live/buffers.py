"""The per-CPU buffers of an instance, read raw and merged into one order of time.

Each core's records are in order. A reading has all records from before it began, but for a record that
a core is just writing. So everything up to a little before that moment can be told: the
watermark.
"""

import os
import re
import time
from collections.abc import Iterable
from operator import itemgetter
from typing import NamedTuple

from kbview.sources.trace.live import format as formats
from kbview.sources.trace.live import page as pages
from kbview.sources.trace.live.decoder import RecordDecoder
from kbview.sources.trace.live.instance import Instance
from kbview.sources.trace.meaning.record import LOST, TraceRecord
from kbview.sources.trace.meaning.table import Tracepoint

_PAGE = 1 << 16  # bytes asked for: one sub-buffer comes, however long it is
_MOST_PAGES = 64  # of a core at one reading, about 4000 records: the screen goes on under any load
_WRITING_NS = 1_000_000  # a record may be reserved and still be written for so long
_TIME = itemgetter(0)


class BufferedRecords(NamedTuple):
    """Records in the order of time, complete up to `until_ns`.

    Where a core's were overwritten before they could be read, a record of the point LOST says so.
    """

    records: list[TraceRecord]
    until_ns: int


class Buffers:
    """Open until closed. `damaged` counts damaged pages and records."""

    def __init__(self, instance: Instance, points: Iterable[Tracepoint]) -> None:
        self.damaged = 0
        self._decoders = _decoders(instance, points)
        self._layout = pages.parse_layout(
            (instance.root / "events/header_page").read_text(encoding="ascii", errors="replace")
        )
        self._files: dict[int, int] = {}
        self._folder = instance.path / "per_cpu"
        self._overrun: dict[int, int] = {}
        self._kept: list[TraceRecord] = []
        try:
            for folder in sorted(self._folder.iterdir()):
                file = os.open(folder / "trace_pipe_raw", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
                self._files[int(folder.name.removeprefix("cpu"))] = file
        except OSError:
            self.close()
            raise

    def read(self) -> BufferedRecords:
        """Everything that is there now; OSError when the instance is gone."""
        until_ns = time.monotonic_ns() - _WRITING_NS
        records, self._kept = self._kept, []
        for cpu, file in self._files.items():
            until_ns = min(until_ns, self._read_core(cpu, file, records))
        records.sort(key=_TIME)
        count = len(records)
        while count and records[count - 1].time_ns > until_ns:
            count -= 1
        self._kept = records[count:]
        return BufferedRecords(records[:count], until_ns)

    def _read_core(self, cpu: int, file: int, records: list[TraceRecord]) -> int:
        """Append the records of a core; returns the time up to which they are complete."""
        last_ns = 1 << 62
        for _ in range(_MOST_PAGES):
            try:
                data = os.read(file, _PAGE)
            except BlockingIOError:
                return 1 << 62
            if not data:
                return 1 << 62
            page = pages.parse(data, self._layout)
            self.damaged += page.damaged
            if page.entries:
                last_ns = page.entries[-1].time_ns
                if page.lost and (count := self._newly_lost(cpu, page.lost)):
                    first = page.entries[0]
                    records.append(TraceRecord(first.time_ns, cpu, first.pid, 0, LOST, (count,)))
            self._decode(cpu, data, page.entries, records)
        return last_ns

    def _newly_lost(self, cpu: int, said: int) -> int:
        """How many were overwritten since it was last asked: a full page has no room to say it."""
        text = (self._folder / f"cpu{cpu}" / "stats").read_text(encoding="ascii", errors="replace")
        found = re.search(r"^overrun: (\d+)$", text, re.MULTILINE)
        overrun = int(found[1]) if found else self._overrun.get(cpu, 0) + max(said, 1)
        before, self._overrun[cpu] = self._overrun.get(cpu, 0), overrun
        return overrun - before

    def _decode(
        self, cpu: int, data: bytes, entries: list[pages.PageEntry], records: list[TraceRecord]
    ) -> None:
        decoders, make = self._decoders, TraceRecord._make
        for time_ns, number, flags, pid, start, end in entries:
            decoder = decoders.get(number)
            if decoder is None:
                continue
            values = decoder.decode(data, start, end)
            if values is None:
                self.damaged += 1
            else:
                records.append(make((time_ns, cpu, pid, flags, decoder.name, values)))

    def close(self) -> None:
        """Close the files; only then can the instance be removed."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()


def _decoders(instance: Instance, points: Iterable[Tracepoint]) -> dict[int, RecordDecoder]:
    made: dict[int, RecordDecoder] = {}
    for point in points:
        layout = formats.parse(instance.read(f"events/{point.system}/{point.name}/format"))
        if layout is not None:
            made[layout.number] = RecordDecoder(point.name, layout, point.fields, point.named)
    return made
