"""The values of an event in a line, as its row in the table asks for them.

Most events are printed as `name=value`; the others have a pattern of their own. trace-cmd report -R,
and a tool that cannot print an event ("[FAILED TO PARSE]"), prints each field by its own name.
Addresses stay text: a kernel prints them hashed, and they are only compared.
"""

import re
from collections.abc import Callable
from typing import Any

from kbview.sources.trace.meaning.table import BY_NAME

_PAIR = re.compile(r"\b(\w{1,40})=(\S*)")
_ARRAY = re.compile(r"\b(\w{1,20})=ARRAY\[((?:[0-9a-fA-F]{1,2}, ?){0,31}[0-9a-fA-F]{1,2})\]")
_TASKS = re.compile(r"\b((?:prev_|next_)?comm)=(.{0,64}?) (?=(?:prev_|next_)?pid=)")
_NUMBER = re.compile(r"-?(?:0x[0-9a-fA-F]{1,16}|\d{1,19})$")
_NOWHERE = re.compile(r"(?:0x)?0*$|\(nil\)$|\(null\)$")
_ADDRESSES = frozenset({"skbaddr", "skaddr", "sk", "rx_sk", "napi"})
_TEXTS = frozenset(
    {"name", "dev_name", "comm", "prev_comm", "next_comm", "location", "reason", "oldstate"}
    | {"newstate", "act", "saddr", "daddr", "saddr_v6", "daddr_v6"}
)
# The names of fields in the text, where they differ from the record's.
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
        r":?\s{0,64}(?P<prev_comm>.{0,64}):(?P<prev_pid>\d+) \[\d+\] \S+ ==> "
        r"(?P<next_comm>.{0,64}):(?P<next_pid>\d+) \[\d+\]"
    ),
    "sched_waking": re.compile(r":?\s{0,64}(?P<comm>.{0,64}):(?P<pid>\d+) \[\d+\]"),
}
_REASON = re.compile(r"reason: (\w+)")
_DESCRIPTOR = re.compile(r"\bfd(?::\s*|=)(\w+)")
_RESULT = re.compile(r"(?:.*?\bret=|(?:->|:)?\s*)(-?\w+)")
# Numbers that raw fields have in place of names: part of the kernel's interface, so they do not change.
_STATES = (
    *("", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE"),
    *("CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV"),
)  # include/net/tcp_states.h
_ACTIONS = ("ABORTED", "DROP", "PASS", "TX", "REDIRECT")  # include/uapi/linux/bpf.h enum xdp_action
NUMBERED = "REASON_"  # and the number: enum skb_drop_reason has other numbers in each version


def of(event: str, rest: str) -> tuple[str, tuple[Any, ...]] | None:
    """The tracepoint's name in the table and its values; None when the table does not have it."""
    if event.startswith("sys_"):
        return _of_call(event, rest)
    point = BY_NAME.get(event)
    if point is None:
        return None
    said = _said(event, rest)
    return event, tuple(_field(field, said) for field in point.fields)


def _field(field: str, said: dict[str, str | bytes]) -> Any:
    """The value of a field, which a raw text calls by its own name; None if the text has none."""
    text = said.get(_CALLED.get(field, field), said.get(field))
    return text if isinstance(text, bytes) else _value(field, text)


def _said(event: str, rest: str) -> dict[str, str | bytes]:
    pattern = _PATTERNS.get(event)
    found = pattern.match(rest) if pattern else None
    if found is not None:
        return {_CALLED.get(key, key): text for key, text in found.groupdict().items() if text}
    said: dict[str, str | bytes] = dict(_PAIR.findall(rest))
    said.update(_TASKS.findall(rest))
    for name, numbers in _ARRAY.findall(rest):
        said[name] = bytes.fromhex("".join(each.zfill(2) for each in re.findall(r"\w+", numbers)))
    if reason := _REASON.search(rest):
        said["reason"] = reason[1]
    if event == "tcp_probe" and isinstance(source := said.get("src"), str):
        said["sport"] = source.rpartition(":")[2]
        said["daddr"] = said.get("dest", "")
    return said


def _value(field: str, text: str | None) -> Any:
    if text is None or text == "":
        return None
    if field in _ADDRESSES:
        return None if _NOWHERE.match(text) else text
    if field in _TEXTS:
        return _NAMES[field](int(text, 0)) if field in _NAMES and _plain_number(text) else text
    return int(text, 0) if _plain_number(text) else _plain(text)


def _plain_number(text: str) -> bool:
    return _NUMBER.match(text) is not None and not _octal(text)


def _name(names: tuple[str, ...], prefix: str = "") -> Callable[[int], str]:
    known = {number: prefix + name for number, name in enumerate(names) if name}
    return lambda number: known.get(number, str(number))


_NAMES: dict[str, Callable[[int], str]] = {
    "oldstate": _name(_STATES, "TCP_"),
    "newstate": _name(_STATES, "TCP_"),
    "act": _name(_ACTIONS),
    "reason": lambda number: f"{NUMBERED}{number if number < 1 << 16 else hex(number)}",
}


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
