"""Records as columns: a table for each class, so that like stands beside like, and back.

A whole number is kept as its difference from the one above it. Against an array for each record this
halves a tape of milestones and divides one of steps by four (docs/decisions/0006-tape-file.md).
Columns go by the names of the fields: a table of any version names its own columns.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, compress, count
from operator import sub
from typing import Any, TypeVar, get_type_hints

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import FieldInfo

from kbview.tape import events as ev
from kbview.tape.kbt import message
from kbview.tape.kbt.schema import fixed_up
from kbview.tape.kbt.stream import StreamPart
from kbview.tape.meter import Sample

_Kind = TypeVar("_Kind", bound=ev.Event)
_Reader = Callable[[Sequence[ev.Event]], list[Any]]
_FEW = 4  # tables
_SAMPLE = 256  # numbers that are looked at for noise
_NOISE = 0.9  # the share of different numbers among them, at least


def differences(numbers: Sequence[int]) -> list[int]:
    """The first number, then the difference of each from the number before."""
    return [*numbers[:1], *map(sub, numbers[1:], numbers)]


class Columns(msgspec.Struct):
    """Records of a stretch: the order of tables, the times, and the fields of each class by its name.

    `order` holds, record by record, the place of its table.
    """

    order: bytes
    times: list[int]
    tables: dict[str, msgspec.Raw]


class Table:
    """The columns of one event class. `time_ps` is not among them."""

    def __init__(self, kind: type[ev.Event]) -> None:
        hints = get_type_hints(kind, include_extras=True)
        self.kind = kind
        self._fields = msgspec.structs.fields(kind)[1:]
        self._numbers = {field.name for field in self._fields if hints[field.name] is int}
        self._readers = {field.name: _reader(field.name) for field in self._fields}
        columns: list[tuple[str, Any, Any]] = [
            (field.name, _list_of(hints[field.name]), None) for field in self._fields
        ]
        self._decoder = msgspec.msgpack.Decoder(msgspec.defstruct(kind.__name__, columns))

    def pack(self, records: Sequence[ev.Event]) -> Iterable[StreamPart]:
        """The columns of these records, encoded."""
        yield StreamPart(message.map_of(len(self._readers)))
        for name, read in self._readers.items():
            yield StreamPart(message.encode(name))
            yield _column(read(records), whole=name in self._numbers)

    def unpack(self, raw: msgspec.Raw, times: list[int]) -> Iterable[ev.Event]:
        """The records again; ValueError or msgspec's if the columns belong to another class."""
        columns = self._decoder.decode(raw)
        values = [
            self._column(field, getattr(columns, field.name), len(times)) for field in self._fields
        ]
        return map(self.kind, times, *values)

    def _column(self, field: FieldInfo, values: list[Any] | None, count: int) -> Iterable[Any]:
        if values is None:
            if field.required:
                raise ValueError(f"{self.kind.__name__} has no {field.name}")
            return [_default(field) for _ in range(count)]
        if len(values) != count:
            raise ValueError(f"{len(values)} of {count} values in {self.kind.__name__}.{field.name}")
        return accumulate(values) if field.name in self._numbers else values


def _reader(name: str) -> _Reader:
    """A function that returns a field of records as a list.

    Each field has a comprehension of its own, where the interpreter remembers the place of the field:
    11 ns a record against 26 ns of an attrgetter.
    """
    read: _Reader = eval(f"lambda records: [record.{name} for record in records]")  # noqa: S307 - the name is a field's
    return read


def _column(values: Sequence[Any], *, whole: bool) -> StreamPart:
    """The column of at least one value, encoded; `whole`: of whole numbers, as their differences."""
    first, count = values[0], len(values)
    if (whole or isinstance(first, str)) and values[-1] == first and values.count(first) == count:
        encoded = message.encode(first)
        rest = message.encode(0) if whole else encoded
        return StreamPart(message.array_of(count) + encoded + (count - 1) * rest)
    if not whole:
        return StreamPart(message.encode(values))
    steps = differences(values)
    return StreamPart(message.encode(steps), _is_noise(steps[1 : _SAMPLE + 1]))


def _is_noise(steps: Sequence[int]) -> bool:
    """Whether nearly all of these differences are different: compression finds no repeated words."""
    return len(steps) == _SAMPLE and len(set(steps)) >= _NOISE * _SAMPLE


def _list_of(item: Any) -> Any:
    return list[item] | None  # a column that an older version did not have is None


def _default(field: FieldInfo) -> Any:
    return field.default if field.default_factory is NODEFAULT else field.default_factory()


_KINDS: tuple[type[ev.Event], ...] = (*ev.EVENTS, Sample)
TABLES = {kind.__name__: Table(kind) for kind in _KINDS}


_times = _reader("time_ps")


def pack(records: Sequence[ev.Event]) -> Iterable[StreamPart]:
    """Records as `Columns`, encoded."""
    places: dict[type, int] = defaultdict(count().__next__)
    order = bytes(map(places.__getitem__, map(type, records)))
    yield StreamPart(message.map_of(len(Columns.__struct_fields__)))
    yield StreamPart(message.encode("order") + message.encode(order))
    yield StreamPart(message.encode("times"))
    yield _column(_times(records), whole=True) if records else StreamPart(message.array_of(0))
    yield StreamPart(message.encode("tables") + message.map_of(len(places)))
    for kind, rows in zip(places, _rows(records, order, len(places)), strict=True):
        yield StreamPart(message.encode(kind.__name__))
        yield from TABLES[kind.__name__].pack(rows)


def _rows(records: Sequence[ev.Event], order: bytes, count: int) -> list[list[ev.Event]]:
    """The records of each of `count` tables.

    Up to four tables are picked one after another, without a step of Python for each record. Measured
    for three tables: 20 against 60 ns a record.
    """
    if count <= _FEW:
        return [list(compress(records, order.translate(_only(place)))) for place in range(count)]
    rows: list[list[ev.Event]] = [[] for _ in range(count)]
    for place, record in zip(order, records, strict=True):
        rows[place].append(record)
    return rows


def _only(place: int) -> bytes:
    """A table for bytes.translate that is 1 at a place and 0 elsewhere."""
    return bytes(place) + b"\1" + bytes(255 - place)


def unpack(columns: Columns, schema: int) -> list[ev.Event]:
    """Columns as records, in their order; ValueError if they do not fit together.

    A table that is none of this version's classes, and that no fix-up makes one, is told as
    EventUnknown, so that every record keeps its position.
    """
    times: list[list[int]] = [[] for _ in columns.tables]
    if len(columns.order) != len(columns.times) or max(columns.order, default=0) >= max(len(times), 1):
        raise ValueError("the order of records does not fit them")
    for place, time_ps in zip(columns.order, accumulate(columns.times), strict=True):
        times[place].append(time_ps)
    tables = [
        iter(_table(name, raw, own, schema)).__next__
        for own, (name, raw) in zip(times, columns.tables.items(), strict=True)
    ]
    return [tables[place]() for place in columns.order]


def unpack_only(columns: Columns, kind: type[_Kind], schema: int) -> list[tuple[int, _Kind]]:
    """The records of one class, each with its number among all; ValueError as above."""
    place = list(columns.tables).index(kind.__name__) if kind.__name__ in columns.tables else -1
    numbers = [number for number, own in enumerate(columns.order) if own == place]
    if not numbers:
        return []
    times = list(accumulate(columns.times))
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
