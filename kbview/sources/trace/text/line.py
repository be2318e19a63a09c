"""A line of a kernel trace, in each shape in which a tool prints it.

    trace_pipe, trace    python-4711    [000] d.s4.  4529.792784: sched_waking: comm=python pid=...
    latency format       python-4711      0d.s4.  100us+: sched_waking: comm=python pid=...
    the same, verbose    python  4711   0 1 00000101 [000001f4] 0.100ms (+0.004ms): sched_waking: ...
    trace-cmd report     python-4711    [000]  4529.792784: sched_waking:         comm=python pid=...
    trace-cmd --ts-diff  python-4711    [000]  4529.792784: (+104)   sched_waking: comm=python pid=...
    perf script          python  4711 [000]  4529.792784:     sched:sched_waking: comm=python pid=...

A journal or dmesg puts its own stamp before each line: `bare` takes it off.

Linux: kernel/trace/trace_output.c; tools/perf/builtin-script.c; trace-cmd's trace-read.c
"""

import re
from enum import Enum
from typing import NamedTuple

_HARDIRQ, _SOFTIRQ = 0x08, 0x10
# One of the flags gives the context of the record (trace_output.c trace_print_lat_fmt): the third, or
# the fourth of a kernel with need-resched-lazy. No other flag has one of these letters there.
_CONTEXTS = {
    "h": _HARDIRQ,
    "z": _HARDIRQ,  # an NMI
    "H": _HARDIRQ | _SOFTIRQ,
    "Z": _HARDIRQ | _SOFTIRQ,
    "s": _SOFTIRQ,
}
_CONTEXT_AT = slice(2, 4)

_SINCE = r"(?:\s*\(\+?-?\d{1,20}\))?"  # trace-cmd report --ts-diff: the time since the line before
_STAMP = rf"(?P<stamp>\d{{1,12}}\.\d{{6,9}}|\d{{1,20}}us[^\w\s:]?|\d{{1,20}}){_SINCE}\s?:{_SINCE}\s+"
_NAME = r"(?P<event>[A-Za-z_]\w*)(?=:|\(|\s->)"
_CPU = r"\[(?P<cpu>\d{1,5})\]\s*"
_TASK = r"\s*(?P<comm>.{1,32}?)-(?P<pid>\d{1,10})\s+(?:\(\s*[-\d]{1,10}\)\s+)?"
_VERBOSE = r"\[[0-9a-f]{4,16}\]\s+(?P<stamp>\d{1,12}\.\d{3}ms)\s+\(\+\d{1,12}\.\d{3}ms\):\s+"
_SHAPES = (
    re.compile(rf"{_TASK}{_CPU}(?:(?P<flags>[^\s:]{{4,8}})\s+)?{_STAMP}{_NAME}"),
    re.compile(rf"{_TASK}(?P<cpu>\d{{1,4}}?)(?P<flags>[.a-zA-Z#][^\s:]{{3,7}})\s+{_STAMP}{_NAME}"),
    re.compile(
        r"\s*(?:(?P<comm>\S.{0,31}?)\s+)?(?P<pid>\d{1,10})(?:/\d{1,10})?\s+"
        rf"{_CPU}(?P<flags>(?!\d)\S{{1,8}}\s+)?{_STAMP}(?:\d{{1,20}}\s+)?(?:[\w-]+:)?{_NAME}"
    ),
    re.compile(
        r"\s*(?P<comm>\S.{0,31}?)\s+(?P<pid>\d{1,10})\s+(?P<cpu>\d{1,5})\s+"
        rf"(?P<flags>\d{{1,3}})\s+[0-9a-f]{{8}}\s+(?:[0-9a-f]{{8}}\s+)?{_VERBOSE}{_NAME}"
    ),
)
_HOST = r"\S{1,64} [^\s:\[]{1,32}(?:\[\d{1,10}\])?: (?:\[\s*\d{1,9}\.\d{6}\] ?)?"
_ISO = r"\d{4}-\d\d-\d\dT[\d:.,]{8,15}\S{0,6}"
_PREFIX = re.compile(
    r"(?:<\d{1,3}>)?\[\s*\d{1,9}\.\d{6}\](?:\[\s*[TC]\d{1,10}\])? ?"  # dmesg
    r"|\[\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\] ?"  # dmesg -T
    rf"|(?:\w{{3}} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{{1,6}})?|{_ISO}) {_HOST}"  # a journal
)


class Unit(Enum):
    """The unit that a line's stamp is printed in."""

    SECONDS = "seconds, with a dot"
    MICROSECONDS = "us since the trace began: the latency format"
    UNSAID = "a whole number, of ns or of anything else"


class TraceLine(NamedTuple):
    """One line. `rest` stands after the event's name; `comm` is "" where the line has none.

    `time_ns` is the stamp itself where its unit is not said.
    """

    time_ns: int
    cpu: int
    pid: int
    comm: str
    flags: int
    event: str
    rest: str
    unit: Unit = Unit.SECONDS


def parse(text: str) -> TraceLine | None:
    """The values of a line; None if it is no record of a trace."""
    for shape in _SHAPES:
        found = shape.match(text)
        if found is not None:
            return _line(found, text[found.end() :])
    return None


def bare(text: str) -> str:
    """The line without the stamp that dmesg or a journal put before it, and without its end.

    systrace keeps lines in a string of JavaScript, so each ends in an escape.
    """
    found = _PREFIX.match(text)
    return text[found.end() if found else 0 :].removesuffix("\n").removesuffix("\\n\\")


def _line(found: "re.Match[str]", rest: str) -> TraceLine:
    time_ns, unit = _time(found["stamp"])
    letters = (found["flags"] or "").strip()
    context = next((letter for letter in letters[_CONTEXT_AT] if letter in _CONTEXTS), "")
    flags = int(letters) & (_HARDIRQ | _SOFTIRQ) if letters.isdecimal() else _CONTEXTS.get(context, 0)
    comm = (found["comm"] or "").strip()
    cpu, pid = int(found["cpu"]), int(found["pid"])
    return TraceLine(time_ns, cpu, pid, comm, flags, found["event"], rest, unit)


def _time(stamp: str) -> tuple[int, Unit]:
    whole, dot, part = stamp.partition(".")
    if part.endswith("ms"):
        return int(whole) * 1_000_000 + int(part[:3]) * 1000, Unit.MICROSECONDS
    if dot:
        return int(whole) * 1_000_000_000 + int(part.ljust(9, "0")), Unit.SECONDS
    if not stamp.isdecimal():
        return int(stamp.partition("us")[0]) * 1000, Unit.MICROSECONDS
    return int(stamp), Unit.UNSAID
