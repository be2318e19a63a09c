"""Layers and fields of one packet, as scapy reads them, and its bytes beside their offsets."""

from collections.abc import Sequence

from rich.cells import cell_len

from kbview.packet.dissect import DissectedLayer
from kbview.packet.layout import LayoutPart
from kbview.ui.characters import clean
from kbview.ui.row import Row, cut, whole

STYLES = {2: "accent", 3: "hardware", 4: "user", 5: "text"}  # of a header, by its level
_FIELD, _INDENT = 12, 3
_OFFSET = 5


def fields(layers: Sequence[DissectedLayer], parts: Sequence[LayoutPart], width: int) -> list[Row]:
    """A row for each layer and each of its fields."""
    rows: list[Row] = []
    headers = [part for part in parts if part.level < 5]
    for at, layer in enumerate(layers):
        part = headers[at] if at < len(headers) else None
        about = f"  {part.length} bytes" if part else ""
        rows.append([(f" {cut(clean(layer.name), width - 2)}", _style(part)), (about, "dim")])
        for name, value in layer.fields:
            rows += _field(clean(name), clean(value), width)
    return rows


def _field(name: str, value: str, width: int) -> list[Row]:
    """The name and its value; a value that has no room beside its name stands below it."""
    label = (f"   {cut(name, _FIELD - 2):<{_FIELD}}", "dim")
    room = width - _FIELD - 3
    if cell_len(value) <= room or cell_len(value) > width - _INDENT:
        return [[label, (cut(value, room), "text")]]
    return [[label], [(" " * _INDENT, "text"), (value, "text")]]


def outline(parts: Sequence[LayoutPart], width: int) -> list[Row]:
    """The headers without their fields; a length that is unknown or has no room is left out."""
    return [
        whole([([(f" {part.name}", _style(part))], 2), ([(_told(part), "dim")], 1)], width)
        for part in parts
    ]


def _told(part: LayoutPart) -> str:
    return f"  {part.length} bytes" if part.length else "  length unknown"


def _style(part: LayoutPart | None) -> str:
    return STYLES.get(part.level, "text") if part else "text"


def hexdump(data: bytes, parts: Sequence[LayoutPart], gone: int, width: int) -> list[Row]:
    """Eight bytes a row, or sixteen where there is room; `gone` bytes were taken off already."""
    each = 16 if width >= _OFFSET + 1 + 16 * 4 + 1 else 8
    return [_hex_row(data, parts, gone, offset, each) for offset in range(0, len(data), each)]


def _hex_row(data: bytes, parts: Sequence[LayoutPart], gone: int, offset: int, each: int) -> Row:
    row: Row = [(f" {offset:04x} ", "dim")]
    ascii_part: Row = [(" ", "text")]
    for at in range(offset, min(offset + each, len(data))):
        style = "faint" if at < gone else STYLES.get(_level(parts, at), "text")
        byte = data[at]
        row.append((f"{byte:02x} ", style))
        ascii_part.append((chr(byte) if 0x20 <= byte < 0x7F else "·", style))
    row.append(("   " * (each - len(ascii_part) + 1), "text"))
    return row + ascii_part


def _level(parts: Sequence[LayoutPart], at: int) -> int:
    for part in parts:
        if at < part.length:
            return part.level
        at -= part.length
    return 5
