"""A line of a kernel trace, in any of the shapes it is printed in.

    trace_pipe, trace    python-4711    [000] d.s4.  4529.792784: sched_waking: comm=python pid=...
    trace-cmd report     python-4711    [000]  4529.792784: sched_waking:         comm=python pid=...
    trace-cmd report -l  python-4711   0d.s4.  4529.792784: sched_waking:         comm=python pid=...
    perf script          python  4711 [000]  4529.792784:     sched:sched_waking: comm=python pid=...
    trace_pipe           CPU:1 [LOST 812 EVENTS]

Linux: kernel/trace/trace_output.c; tools/perf/builtin-script.c; trace-cmd's trace-output
"""

import re
from typing import NamedTuple

_HARDIRQ, _SOFTIRQ = 0x08, 0x10
# The third of the letters says in what the record was made (trace_output.c trace_print_lat_fmt).
_CONTEXTS = {"h": _HARDIRQ, "H": _HARDIRQ | _SOFTIRQ, "s": _SOFTIRQ}
_TIME = r"(?P<seconds>\d{1,12})\.(?P<part>\d{6,9}):\s+"
_NAME = r"(?P<event>[A-Za-z_]\w*)"
_TASK = r"\s*(?P<comm>.{1,64}?)-(?P<pid>\d{1,9})\s+(?:\([^)]*\)\s+)?"
_SHAPES = (
    re.compile(rf"{_TASK}\[(?P<cpu>\d{{1,5}})\]\s+(?:(?P<flags>[^\s:]{{4,8}})\s+)?{_TIME}{_NAME}"),
    re.compile(rf"{_TASK}(?P<cpu>\d{{1,4}}?)(?P<flags>[.a-zA-Z#][^\s:]{{3,7}})\s+{_TIME}{_NAME}"),
    re.compile(
        r"\s*(?P<comm>\S.{0,63}?)\s+(?P<pid>\d{1,9})(?:/\d+)?\s+\[(?P<cpu>\d{1,5})\]\s+"
        rf"(?P<flags>(?!\d+\.)\S+\s+)?{_TIME}(?:\d+\s+)?\w+:{_NAME}"
    ),
)
_LOST = re.compile(r"\s*CPU:\s?(?P<cpu>\d{1,5}) \[(?:LOST )?(?P<count>\d{1,12}) EVENTS(?: DROPPED)?\]")


class TraceLine(NamedTuple):
    """One line. `rest` is what stands after the event's name."""

    time_ns: int
    cpu: int
    pid: int
    comm: str
    flags: int
    event: str
    rest: str


class LostLine(NamedTuple):
    """So many records of a core are missing here."""

    cpu: int
    records: int


def parse(text: str) -> TraceLine | LostLine | None:
    """What a line says; None when it is no line of a trace."""
    for shape in _SHAPES:
        found = shape.match(text)
        if found is not None:
            return _line(found, text[found.end() :])
    lost = _LOST.match(text)
    return LostLine(int(lost["cpu"]), int(lost["count"])) if lost else None


def _line(found: "re.Match[str]", rest: str) -> TraceLine:
    time_ns = int(found["seconds"]) * 1_000_000_000 + int(found["part"].ljust(9, "0"))
    letters = found["flags"] or ""
    flags = _CONTEXTS.get(letters[2], 0) if len(letters) > 2 else 0
    comm = found["comm"].strip()
    return TraceLine(
        time_ns, int(found["cpu"]), int(found["pid"]), comm, flags, found["event"], rest.strip("\n")
    )


def looks_like_one(head: bytes) -> bool:
    """Whether a file that begins so is a trace."""
    text = head.decode("utf-8", "replace")
    if text.startswith(("# tracer:", "cpus=")):
        return True
    first = next((line for line in text.splitlines() if not line.startswith("#")), "")
    return parse(first) is not None or _BEGINNING.match(first) is not None


_BEGINNING = re.compile(
    rf"\s*\S.{{0,30}}?[-\s]\d{{1,9}}\s+(?:\[\d{{3}}\]|\d+[.a-zA-Z]{{4,6}})\s.*?{_TIME}"
)
