"""Records as columns: a table for each class, so that like stands beside like, and back.

A whole number is kept as its difference from the one above it. Against an array for each record this
halves a tape of milestones and divides one of steps by four (docs/decisions/0006-tape-file.md). Whole
numbers with differences that do not repeat are kept as planes (plane.py).
Columns go by the names of the fields: a table of any version names its own columns.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import accumulate
from operator import attrgetter
from typing import Any, TypeVar, get_type_hints

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import FieldInfo

from kbview.tape import events as ev
from kbview.tape.kbt import message, plane
from kbview.tape.kbt.schema import fixed_up
from kbview.tape.kbt.stream import Packing, StreamPart
from kbview.tape.kbt.whole import common_step, differences, noise
from kbview.tape.meter import Sample

_Kind = TypeVar("_Kind", bound=ev.Event)
_Reader = Callable[[Sequence[ev.Event]], list[Any]]
_TIMES = ("time_ps",)
_TIME = attrgetter("time_ps")
_SAMPLE = 256  # bytes that are looked at
_STORED, _CODED = 128, 16  # different bytes among them, at least


class Columns(msgspec.Struct):
    """Records of a stretch: the order of tables, the times, and the fields of each class by its name.

    `order` holds, record by record, the place of its table. Where it is empty, each table has a column
    of its times. The records are in the order of their times then; of the same time those of an
    earlier table are first.
    """

    order: bytes
    times: list[int] | bytes
    tables: dict[str, msgspec.Raw]


class _Timed(msgspec.Struct):
    """The times of a table that has them."""

    time_ps: list[int] | bytes


class Table:
    """The columns of one event class. `time_ps` is among them where no order of records is kept."""

    def __init__(self, kind: type[ev.Event]) -> None:
        hints = get_type_hints(kind, include_extras=True)
        self.kind = kind
        self._fields = msgspec.structs.fields(kind)[1:]
        self._numbers = {name for name in kind.__struct_fields__ if hints[name] is int}
        self._readers = [reader(field.name) for field in self._fields]
        columns: list[tuple[str, Any, Any]] = [
            (field.name, _column_of(hints[field.name]), None) for field in self._fields
        ]
        self._decoder = msgspec.msgpack.Decoder(msgspec.defstruct(kind.__name__, columns))

    def read(self, records: Sequence[ev.Event]) -> list[list[Any]]:
        """The columns of records of this class."""
        return [read(records) for read in self._readers]

    def pack(self, columns: Sequence[Sequence[Any]], *, timed: bool) -> Iterator[StreamPart]:
        """The columns, encoded; `timed`: the first is of the times."""
        yield StreamPart(message.map_of(len(columns)))
        names = [*(_TIMES if timed else ()), *[field.name for field in self._fields]]
        for name, column in zip(names, columns, strict=True):
            yield StreamPart(message.encode(name))
            yield from column_parts(column, whole=name in self._numbers)

    def unpack(self, raw: msgspec.Raw, times: list[int]) -> Iterable[ev.Event]:
        """The records again; ValueError or msgspec's if the columns belong to another class."""
        columns = self._decoder.decode(raw)
        values = [
            self._column(field, getattr(columns, field.name), len(times)) for field in self._fields
        ]
        return map(self.kind, times, *values)

    def _column(self, field: FieldInfo, values: list[Any] | bytes | None, count: int) -> Iterable[Any]:
        if values is None:
            if field.required:
                raise ValueError(f"{self.kind.__name__} has no {field.name}")
            return [_default(field) for _ in range(count)]
        if field.name in self._numbers:
            values = _numbers(values)
        if len(values) != count:
            raise ValueError(f"{len(values)} of {count} values in {self.kind.__name__}.{field.name}")
        return values


def reader(name: str) -> _Reader:
    """A function that returns a field of records as a list.

    Each field has a comprehension of its own, where the interpreter remembers the place of the field:
    11 ns a record against 26 ns of an attrgetter.
    """
    read: _Reader = eval(f"lambda records: [record.{name} for record in records]")  # noqa: S307 - the name is a field's
    return read


def column_parts(values: Sequence[Any], *, whole: bool) -> list[StreamPart]:
    """The column of these values, encoded; `whole`: of whole numbers."""
    if not values:
        return [StreamPart(message.array_of(0))]
    step = common_step(values) if whole else 0 if _is_one_word(values) else None
    if step is not None:
        first = message.encode(values[0])
        rest = message.encode(step) if whole else first
        return [StreamPart(message.array_of(len(values)) + first + (len(values) - 1) * rest)]
    if whole and noise(values):
        with suppress(struct.error):
            return _planes(values)
    return [StreamPart(message.encode(differences(values) if whole else values))]


def _is_one_word(values: Sequence[Any]) -> bool:
    """Whether these values are the same text."""
    first = values[0]
    return isinstance(first, str) and values[-1] == first and values.count(first) == len(values)


def _planes(numbers: Sequence[int]) -> list[StreamPart]:
    """Numbers as planes, encoded."""
    planes = [StreamPart(data, _method(data[:_SAMPLE])) for data in plane.pack(numbers)]
    return [StreamPart(message.bytes_of(sum(len(each.data) for each in planes))), *planes]


def _method(sample: bytes) -> Packing:
    """The method for the plane of these bytes. Of bytes without a pattern 162 of 256 are different."""
    different = len(set(sample))
    if different > _STORED:
        return Packing.STORED
    return Packing.CODES if different > _CODED else Packing.WORDS


def _numbers(column: list[int] | bytes) -> list[int]:
    """The numbers of a column that has planes or differences; ValueError if it makes no sense."""
    return plane.unpack(column) if isinstance(column, bytes) else list(accumulate(column))


def _column_of(item: Any) -> Any:
    column = list[item] | None  # a column that an older version did not have is None
    return column | bytes if item is int else column


def _default(field: FieldInfo) -> Any:
    return field.default if field.default_factory is NODEFAULT else field.default_factory()


_TIMED = msgspec.msgpack.Decoder(_Timed)
_KINDS: tuple[type[ev.Event], ...] = (*ev.EVENTS, Sample)
TABLES = {kind.__name__: Table(kind) for kind in _KINDS}


def unpack(columns: Columns, schema: int) -> list[ev.Event]:
    """Columns as records, in their order; ValueError if they do not fit together.

    A table that is none of this version's classes, and that no fix-up makes one, is told as
    EventUnknown, so that every record keeps its position.
    """
    if not columns.order and not columns.times:
        return _by_time(columns, schema)
    moments = _numbers(columns.times)
    times: list[list[int]] = [[] for _ in columns.tables]
    if len(columns.order) != len(moments) or max(columns.order, default=0) >= max(len(times), 1):
        raise ValueError("the order of records does not fit them")
    for place, time_ps in zip(columns.order, moments, strict=True):
        times[place].append(time_ps)
    tables = [
        iter(_table(name, raw, own, schema)).__next__
        for own, (name, raw) in zip(times, columns.tables.items(), strict=True)
    ]
    return [tables[place]() for place in columns.order]


def _by_time(columns: Columns, schema: int) -> list[ev.Event]:
    """The records of tables with times of their own."""
    records: list[ev.Event] = []
    for name, raw in columns.tables.items():
        records += _table(name, raw, _numbers(_TIMED.decode(raw).time_ps), schema)
    records.sort(key=_TIME)  # those of an earlier table stay first
    return records


def unpack_only(columns: Columns, kind: type[_Kind], schema: int) -> list[tuple[int, _Kind]]:
    """The records of one class, each with its number among all; ValueError as above."""
    if kind.__name__ not in columns.tables:
        return []
    if not columns.order:
        told = enumerate(_by_time(columns, schema))
        return [(number, record) for number, record in told if isinstance(record, kind)]
    place = list(columns.tables).index(kind.__name__)
    numbers = [number for number, own in enumerate(columns.order) if own == place]
    if not numbers:
        return []
    times = _numbers(columns.times)
    if len(columns.order) != len(times):
        raise ValueError("the order of records does not fit them")
    own = [times[number] for number in numbers]
    records = list(_table(kind.__name__, columns.tables[kind.__name__], own, schema))
    return [
        (number, record)
        for number, record in zip(numbers, records, strict=True)
        if isinstance(record, kind)
    ]


def _table(name: str, raw: msgspec.Raw, times: list[int], schema: int) -> Iterable[ev.Event]:
    try:
        known, raw = fixed_up(name, raw, schema)
        return TABLES[known].unpack(raw, times)
    except (KeyError, ValueError, msgspec.MsgspecError):
        return [ev.EventUnknown(time_ps, name) for time_ps in times]
