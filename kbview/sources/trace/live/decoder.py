"""From the bytes of a raw record to the wanted values, in the wanted order.

A record is unpacked by one `struct`. Texts, names of numbers, another order and fields that this kernel
does not have are put right afterwards, and only where there is such a field.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from struct import Struct
from typing import Any

from kbview.sources.trace.live.format import Field, FieldKind, Format

_INTEGERS = {1: "B", 2: "H", 4: "I", 8: "Q"}
_MOST_TEXTS = 4096
_Mend = Callable[[Any, bytes, int, int], Any]


class RecordDecoder:
    """Knows one event. Values of fields that the kernel does not have are None.

    Numbers of the fields in `named` become the names that the format gives them.
    """

    def __init__(
        self, name: str, layout: Format, wanted: Sequence[str], named: Sequence[str] = ()
    ) -> None:
        self.name = name
        fields = [layout.fields.get(each) for each in wanted]
        known = sorted(filter(None, fields), key=lambda field: field.offset)
        self._struct = Struct("=" + _picture(known))
        self._mends = [
            (at, mend)
            for at, field in enumerate(known)
            if (mend := _mend(field, layout.symbols.get(field.name) if field.name in named else None))
        ]
        self._pick = None
        if known != fields:
            places = [known.index(field) if field else len(known) for field in fields]
            self._pick = _picker(places)

    def decode(self, page: bytes, start: int, end: int) -> tuple[Any, ...] | None:
        """The values of the record in `page[start:end]`; None when it is shorter than its format."""
        if end - start < self._struct.size:
            return None
        raw = self._struct.unpack_from(page, start)
        if not self._mends and self._pick is None:
            return raw
        values = [*raw, None]
        for at, mend in self._mends:
            values[at] = mend(values[at], page, start, end)
        return self._pick(values) if self._pick is not None else tuple(values[:-1])


def _picker(places: list[int]) -> Callable[[list[Any]], tuple[Any, ...]]:
    if len(places) == 1:
        return lambda values: (values[places[0]],)
    picked: Callable[[list[Any]], tuple[Any, ...]] = itemgetter(*places)
    return picked


def _picture(fields: Sequence[Field]) -> str:
    """The fields for `struct`; one that overlaps an earlier one would not be read right: none does."""
    picture, at = "", 0
    for field in fields:
        picture += "x" * max(0, field.offset - at)
        letter = _INTEGERS.get(field.size)
        if letter is None or field.kind in (FieldKind.TEXT, FieldKind.BYTES):
            picture += f"{field.size}s"
        else:
            picture += letter.lower() if field.signed else letter
        at = field.offset + field.size
    return picture


def _mend(field: Field, names: dict[int, str] | None) -> _Mend | None:
    """The function that makes a field's value of the value in `struct`; None if they are the same."""
    if names is not None:
        return lambda value, _page, _start, _end: names.get(value, str(value))
    after = field.offset + field.size
    match field.kind:
        case FieldKind.TEXT:
            return lambda value, _page, _start, _end: _text(value)
        case FieldKind.DYNAMIC:
            return _located
        case FieldKind.RELATIVE:
            return lambda value, page, start, end: _located(value, page, start + after, end)
        case _:
            return None


def _located(where: int, page: bytes, start: int, end: int) -> str:
    """The text that a location names: its length above, its offset in the lower 16 bits."""
    begin = start + (where & 0xFFFF)
    return _text(page[begin : min(begin + (where >> 16 & 0xFFFF), end)])


_texts: dict[bytes, str] = {}  # the same few interfaces and tasks, over and over


def _text(data: bytes) -> str:
    text = _texts.get(data)
    if text is None:
        text = data.partition(b"\0")[0].decode("utf-8", "replace")
        if len(_texts) >= _MOST_TEXTS:
            _texts.clear()
        _texts[data] = text
    return text
