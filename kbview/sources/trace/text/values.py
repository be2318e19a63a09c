"""What a line says of an event, as the values that its row in the table asks for.

Most events are printed as `name=value`; the others have a pattern of their own. Addresses stay text:
a kernel prints them hashed, and equal is all that is asked of them.
"""

import re
from typing import Any

from kbview.sources.trace.meaning.table import BY_NAME

_PAIR = re.compile(r"(\w+)=(\S*)")
_TASKS = re.compile(r"\b((?:prev_|next_)?comm)=(.*?) (?=(?:prev_|next_)?pid=)")
_NUMBER = re.compile(r"-?(?:0x[0-9a-fA-F]{1,16}|\d{1,19})$")
_NOWHERE = re.compile(r"(?:0x)?0*$|\(nil\)$|\(null\)$")
_ADDRESSES = frozenset({"skbaddr", "skaddr", "sk", "rx_sk", "napi"})
_TEXTS = frozenset(
    {"name", "dev_name", "comm", "prev_comm", "next_comm", "location", "reason", "oldstate"}
    | {"newstate", "family", "act", "saddr", "daddr", "saddr_v6", "daddr_v6"}
)
# What a field is called in the text, where that is not its own name.
_CALLED = {"name": "dev", "act": "action", "saddr_v6": "saddrv6", "daddr_v6": "daddrv6"}
_PATTERNS = {
    "napi_poll": re.compile(
        r".*napi struct (?P<napi>\S+) for device (?P<dev_name>\S+)"
        r"(?: work (?P<work>-?\d+) budget (?P<budget>-?\d+))?"
    ),
    "sock_recv_length": re.compile(
        r".*sk address = (?P<sk>\w+), family = \w+,? protocol = (?P<protocol>\w+), "
        r"length = (?P<ret>\d+), error = -?\d+, flags = (?P<flags>\w+)"
    ),
    "sched_switch": re.compile(  # as trace-cmd's own plugin prints it
        r":?\s*(?P<prev_comm>.*):(?P<prev_pid>\d+) \[\d+\] \S+ ==> "
        r"(?P<next_comm>.*):(?P<next_pid>\d+) \[\d+\]"
    ),
    "sched_waking": re.compile(r":?\s*(?P<comm>.*):(?P<pid>\d+) \[\d+\]"),
}
_REASON = re.compile(r"reason: (\w+)")
_DESCRIPTOR = re.compile(r"fd: (\w+)")
_RESULT = re.compile(r"(?:->|:)?\s*(-?\w+)")


def of(event: str, rest: str) -> tuple[str, tuple[Any, ...]] | None:
    """The tracepoint's name in the table and its values; None when the table does not have it."""
    if event.startswith("sys_"):
        return _of_call(event, rest)
    point = BY_NAME.get(event)
    if point is None:
        return None
    said = _said(event, rest)
    return event, tuple(_value(field, said.get(_CALLED.get(field, field))) for field in point.fields)


def _said(event: str, rest: str) -> dict[str, str]:
    pattern = _PATTERNS.get(event)
    found = pattern.match(rest) if pattern else None
    if found is not None:
        return {_CALLED.get(key, key): text for key, text in found.groupdict().items() if text}
    said = dict(_PAIR.findall(rest))
    said.update(_TASKS.findall(rest))
    if reason := _REASON.search(rest):
        said["reason"] = reason[1]
    if event == "tcp_probe":
        said["sport"] = said.get("src", "").rpartition(":")[2]
        said["daddr"] = said.get("dest", "")
    return said


def _value(field: str, text: str | None) -> Any:
    if text is None or text == "":
        return None
    if field in _ADDRESSES:
        return None if _NOWHERE.match(text) else text
    if field in _TEXTS:
        return text
    return int(text, 0) if _NUMBER.match(text) and not _octal(text) else _plain(text)


def _octal(text: str) -> bool:
    return text.lstrip("-").startswith("0") and text.lstrip("-")[1:2].isdigit()


def _plain(text: str) -> int | str:
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 20 else text


def _of_call(event: str, rest: str) -> tuple[str, tuple[Any, ...]] | None:
    """`sys_enter_read: fd: 0x3`, `sys_exit_read: 0x64`; or `sys_read(fd: 3`, `sys_read -> 0x64`."""
    if not event.startswith(("sys_enter_", "sys_exit_")):
        side = "sys_exit_" if rest.lstrip().startswith("->") else "sys_enter_"
        event = side + event.removeprefix("sys_")
    point = BY_NAME.get(event)
    if point is None:
        return None
    found = (_RESULT if event.startswith("sys_exit_") else _DESCRIPTOR).search(rest)
    value = _value("ret", found[1]) if found else None
    return event, (value,) if point.fields else ()
