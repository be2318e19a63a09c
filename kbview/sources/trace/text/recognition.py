"""Recognition of kernel traces by their first bytes: text of any tool, or a recorder's binary file."""

import re

from kbview.sources.trace.meaning.table import BY_NAME
from kbview.sources.trace.text import decoding, json_line, line, lost

# Files that are no text of tracepoints, and the command that helps.
_BINARY = (
    (b"PERFILE2", "perf.data of perf record: use perf script -i FILE > trace.txt"),
    (b"PERFFILE", "perf.data of perf record: use perf script -i FILE > trace.txt"),
    (b"2ELIFREP", "perf.data of perf record: use perf script -i FILE > trace.txt"),
    (b"\x17\x08\x44tracing", "trace.dat of trace-cmd record: use trace-cmd report -i FILE > trace.txt"),
    (b"TRACE:\n\x78", "packed by atrace -z: record without -z"),
    (b'{"skb":"0x', "pwru names functions, no tracepoints: record with retis collect -o or trace-cmd"),
)
# A text that begins so is a trace, whether or not a record comes in the first bytes.
_OPENING = re.compile(
    r"# tracer: |cpus=\d|version = \d|CPU \d{1,5} is empty|TRACE:$|# ========|# entries-in-buffer/"
    r"|.{0,80}Dumping ftrace buffer"
)
_HTML = re.compile(r"\s*<(?:!doctype html|html)", re.IGNORECASE)
_SYSTRACE = re.compile(
    r"Android System Trace|trace-viewer|systrace|linuxPerfData|trace-data|catapult|tr-ui-",
    re.IGNORECASE,
)
_EVENT = re.compile(
    r"(?P<before>.{0,120}?)(?:^|\s)(?P<system>\w{2,20}):(?P<event>\w{2,40}):(?P<rest>.*)"
)
_MOST_LINES = 2000
_NEEDED = "comm,pid,tid,cpu,time,event,trace"


def binary(head: bytes) -> str | None:
    """The tool that wrote such a file, and the command that helps; None for any other file."""
    return next((said for mark, said in _BINARY if head.startswith(mark)), None)


def looks_like_one(head: bytes) -> bool:
    """Whether a file that begins so is a kernel trace: as text, packed text, or as a binary file."""
    if binary(head) is not None:
        return True
    text = decoding.head_text(head)
    if text is None:
        return False
    if is_html(text):
        return _SYSTRACE.search(text) is not None
    return any(map(_is_of_a_trace, text.splitlines()[:_MOST_LINES]))


def is_html(text: str) -> bool:
    """Whether a text is a page of systrace, which carries its trace within."""
    return _HTML.match(text) is not None


def _is_of_a_trace(text: str) -> bool:
    text = line.bare(text)
    if _OPENING.match(text) or lost.parse(text) is not None:
        return True
    if text.startswith("{"):
        return json_line.parse(text) is not None
    said = line.parse(text)
    return said is not None or missing_fields(text) is not None


def missing_fields(text: str) -> str | None:
    """The sentence that names the fields which a line of `perf script` lacks.

    None if the line has a known event and lacks none, or is no such line.
    """
    found = _EVENT.match(text)
    if found is None or (found["event"] not in BY_NAME and not found["event"].startswith("sys_")):
        return None
    before, fields = found["before"], []
    if not re.search(r"(?:^|\s)\d{1,10}(?:/\d{1,10})?\s+(?:\[|\d+\.\d|$)", before):
        fields.append("pid")
    if not re.search(r"\[\d{1,5}\]", before):
        fields.append("cpu")
    if not re.search(r"\d\.\d{6,9}:", before):
        fields.append("time")
    if not found["rest"].strip():
        fields.append("trace")
    return lacking(fields) if fields else None


def lacking(fields: list[str]) -> str:
    """The sentence that names fields of `perf script` which are not there."""
    return f"its lines lack {' and '.join(fields)}; use perf script -F {_NEEDED}"
