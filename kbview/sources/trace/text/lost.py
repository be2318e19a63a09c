"""Lines that say that records are missing.

    trace, trace_pipe   CPU:1 [LOST 812 EVENTS]
                        CPU:1 [LOST EVENTS]
                        # entries-in-buffer/entries-written: 148/1480   #P:2
    trace-cmd report    CPU:1 [812 EVENTS DROPPED]
                        CPU:1 [EVENTS DROPPED]
    perf script         swapper     0 [001]   835.800000: PERF_RECORD_LOST_SAMPLES lost 30

Linux: kernel/trace/trace.c print_trace_line(), print_event_info(); trace-cmd's trace-read.c;
tools/perf/util/event.c
"""

import re
from typing import NamedTuple

_LOST = (
    re.compile(
        r"\s*CPU:\s?(?P<cpu>\d{1,5}) \[(?:LOST )?(?:(?P<count>\d{1,12}) )?EVENTS(?: DROPPED)?\]"
    ),
    re.compile(
        r".{0,80}\[(?P<cpu>\d{1,5})\].{0,80}PERF_RECORD_LOST(?:_SAMPLES)?\b.{0,80}?"
        r"\blost:?\s?(?P<count>\d{1,12})"
    ),
    re.compile(
        r"(?P<cpu>).{0,80}PERF_RECORD_LOST(?:_SAMPLES)?\b.{0,80}?\blost:?\s?(?P<count>\d{1,12})"
    ),
    re.compile(r"(?P<cpu>)Processed \d{1,20} events and lost (?P<count>\d{1,12}) chunks!"),
)
_WRITTEN = re.compile(r"# entries-in-buffer/entries-written: (\d{1,12})/(\d{1,12})\b")


class LostLine(NamedTuple):
    """Records of a core are missing here; 0 if their number is not said."""

    cpu: int
    records: int


def parse(text: str) -> LostLine | None:
    """The loss that a line states; None if it states none."""
    if written := _WRITTEN.match(text):
        overwritten = int(written[2]) - int(written[1])
        return LostLine(0, overwritten) if overwritten > 0 else None
    for shape in _LOST:
        found = shape.match(text)
        if found is not None:
            counted = found["count"] is not None and "chunks" not in found[0]
            return LostLine(int(found["cpu"] or 0), int(found["count"]) if counted else 0)
    return None
