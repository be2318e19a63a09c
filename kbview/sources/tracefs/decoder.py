"""From the bytes of a raw record to the values that somebody wants of it, in the order wanted.

One `struct` unpacking a record; only what it cannot say (texts, other orders, fields that this kernel
does not have) is worked over afterwards.
"""

from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any

from kbview.sources.tracefs.format import Field, Format, Kind

_INTEGERS = {1: "B", 2: "H", 4: "I", 8: "Q"}
_Maker = Callable[[tuple[Any, ...], bytes, int, int], Any]


class Decoder:
    """Knows one event. Values of fields that the kernel does not have are None.

    Numbers of the fields in `named` become the names that the format gives them.
    """

    def __init__(
        self, name: str, layout: Format, wanted: Sequence[str], named: Sequence[str] = ()
    ) -> None:
        self.name = name
        fields = [layout.fields.get(each) for each in wanted]
        known = sorted(filter(None, fields), key=lambda field: field.offset)
        place = {field.name: at for at, field in enumerate(known)}
        self._struct = Struct("=" + _picture(known))
        self._makers: tuple[_Maker, ...] | None = None
        plain = all(field.kind in (Kind.INTEGER, Kind.BYTES) for field in known)
        symbols = {each: layout.symbols.get(each, {}) for each in named}
        if known != fields or not plain or symbols:
            self._makers = tuple(_maker(field, place, symbols) for field in fields)

    def decode(self, page: bytes, start: int, end: int) -> tuple[Any, ...] | None:
        """The values of the record in `page[start:end]`; None when it is shorter than its format."""
        if end - start < self._struct.size:
            return None
        raw = self._struct.unpack_from(page, start)
        if self._makers is None:
            return raw
        return tuple([make(raw, page, start, end) for make in self._makers])


def _picture(fields: Sequence[Field]) -> str:
    """The fields for `struct`, without those that overlap an earlier one: no kernel has such."""
    picture, at = "", 0
    for field in fields:
        picture += "x" * max(0, field.offset - at)
        letter = _INTEGERS.get(field.size) if field.kind is not Kind.TEXT else None
        if letter is None or field.kind is Kind.BYTES:
            picture += f"{field.size}s"
        else:
            picture += letter.lower() if field.signed else letter
        at = field.offset + field.size
    return picture


def _maker(field: Field | None, place: dict[str, int], symbols: dict[str, dict[int, str]]) -> _Maker:
    if field is None:
        return lambda _raw, _page, _start, _end: None
    at, after = place[field.name], field.offset + field.size
    if (names := symbols.get(field.name)) is not None:
        return lambda raw, _page, _start, _end: names.get(raw[at], str(raw[at]))
    match field.kind:
        case Kind.TEXT:
            return lambda raw, _page, _start, _end: _text(raw[at])
        case Kind.DYNAMIC:
            return lambda raw, page, start, end: _located(raw[at], page, start, end)
        case Kind.RELATIVE:
            return lambda raw, page, start, end: _located(raw[at], page, start + after, end)
        case _:
            return lambda raw, _page, _start, _end: raw[at]


def _located(where: int, page: bytes, start: int, end: int) -> str:
    """The text that a location names: its length above, its offset in the lower 16 bits."""
    begin = start + (where & 0xFFFF)
    return _text(page[begin : min(begin + (where >> 16 & 0xFFFF), end)])


def _text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("utf-8", "replace")
