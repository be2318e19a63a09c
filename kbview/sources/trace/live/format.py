"""An event's `format` file: where its fields stand in a raw record, and the names of its numbers.

    name: kfree_skb
    ID: 2310
    format:
            field:unsigned short common_type;  offset:0;   size:2;  signed:0;
            field:void * skbaddr;              offset:8;   size:8;  signed:0;
            field:__data_loc char[] name;      offset:20;  size:4;  signed:0;
    print fmt: "... reason: %s", ..., __print_symbolic(REC->reason, { 2, "NOT_SPECIFIED" }, ...)

Linux: kernel/trace/trace_events.c f_show(), Documentation/trace/events.rst
"""

import re
from enum import Enum

import msgspec

_FIELD = re.compile(r"field:(?P<kind>[^;]*?)\b(?P<name>\w+)(?P<array>\[[^\]]*\])?;(?P<rest>.*)")
_NUMBER = re.compile(r"(offset|size|signed):(\d+)")
_SYMBOLIC = re.compile(r"__print_symbolic\(\s*REC->(\w+)\s*,((?:\s*\{[^{}]*\}\s*,?)*)\s*\)")
_SYMBOL = re.compile(r'\{\s*(-?(?:0x[0-9a-fA-F]+|\d+))\s*,\s*"([^"]*)"\s*\}')
_LARGEST = 1 << 16  # bytes of a record; anything beyond is no format of Linux's


class FieldKind(Enum):
    """How a field's bytes are to be read."""

    INTEGER = "integer"
    TEXT = "text"  # char[n], ended by a zero
    BYTES = "bytes"
    DYNAMIC = "dynamic"  # __data_loc: where in the record the text stands, and its length
    RELATIVE = "relative"  # __rel_loc: the same, counted from the end of the field itself


class Field(msgspec.Struct, frozen=True):
    """One field. `offset` is from the record's beginning, bytes."""

    name: str
    offset: int
    size: int
    signed: bool
    kind: FieldKind


class Format(msgspec.Struct, frozen=True):
    """`number` is the record's common_type; `symbols` are names of values, by field."""

    number: int
    name: str
    fields: dict[str, Field]
    symbols: dict[str, dict[int, str]]


def parse(text: str) -> Format | None:
    """The format in a file's text; None when there is none in it."""
    number, name = _after(text, "ID:"), _after(text, "name:")
    if not name or not number.isascii() or not number.isdigit() or int(number) >= _LARGEST:
        return None
    fields = filter(None, map(_field, text.partition("print fmt:")[0].splitlines()))
    return Format(int(number), name, {field.name: field for field in fields}, _symbols(text))


def _after(text: str, label: str) -> str:
    found = re.search(rf"^{label}\s*(\S+)", text, re.MULTILINE)
    return found[1] if found else ""


def _field(line: str) -> Field | None:
    found = _FIELD.search(line)
    if found is None:
        return None
    numbers = {key: int(value) for key, value in _NUMBER.findall(found["rest"])}
    offset, size = numbers.get("offset", _LARGEST), numbers.get("size", 0)
    if offset + size > _LARGEST or size <= 0:
        return None
    kind = _kind(found["kind"], found["array"], size)
    return Field(found["name"], offset, size, bool(numbers.get("signed")), kind)


def _kind(declared: str, array: str | None, size: int) -> FieldKind:
    if "__data_loc" in declared:
        return FieldKind.DYNAMIC if size == 4 else FieldKind.BYTES
    if "__rel_loc" in declared:
        return FieldKind.RELATIVE if size == 4 else FieldKind.BYTES
    if array:
        return FieldKind.TEXT if declared.split()[-1:] == ["char"] else FieldKind.BYTES
    return FieldKind.INTEGER if size in (1, 2, 4, 8) else FieldKind.BYTES


def _symbols(text: str) -> dict[str, dict[int, str]]:
    return {
        field: {int(value, 0): name for value, name in _SYMBOL.findall(entries)}
        for field, entries in _SYMBOLIC.findall(text)
    }
