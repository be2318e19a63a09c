"""A tape may come from anywhere: whatever it holds, there are records in order, or one refusal."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbview.tape import events as ev
from kbview.tape.index import Extent
from kbview.tape.kbt import block, columns, header
from kbview.tape.kbt.block import BlockKind, Flag, TapeDamagedError
from kbview.tape.kbt.stream import StreamPart
from tests.tape.small import HEADER, KINDS, event, opened, records, written

TAPE = written(records(), 24)
HEADERS = header.encode(HEADER)
FEW = settings(max_examples=120, deadline=None, derandomize=True,
               suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**63)
    | st.text(max_size=5)
    | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def read(data: bytes) -> list[ev.Event]:
    """All that can be had of a tape, checked for what every reader relies on."""
    try:
        tape = opened(data, len(data))
    except TapeDamagedError as error:
        assert "\n" not in str(error)
        return []
    told = list(tape.read(0))
    assert len(told) == tape.length
    times = [record.time_ps for record in told]
    assert times == sorted(times)
    assert tape.damaged() >= 0
    for position in range(0, tape.length, 17):
        assert list(tape.read(position)) == told[position:]
        list(tape.opening(position))
        tape.sample_before(position)
        tape.sample_from(told[position].time_ps)
    return told


@FEW
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=8),
    st.integers(0, len(TAPE)),
    st.integers(0, len(TAPE)),
)
def test_changed_and_cut(changes: list[tuple[int, int]], start: int, end: int) -> None:
    changed = bytearray(TAPE)
    for place, value in changes:
        changed[place % len(changed)] = value
    read(bytes(changed))
    read(bytes(changed[:start]) + bytes(changed[end:]))  # a piece cut out, or told twice


@FEW
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    read(data)
    read(HEADERS + data)


@FEW
@given(ANYTHING, ANYTHING, st.integers(0, 8192), st.integers(0, 2**62), st.integers(0, 3))
def test_nonsense_with_right_checksums(
    front: object, back: object, count: int, time_ps: int, flags: int
) -> None:
    extent = Extent(0, count, time_ps, time_ps, bool(flags & Flag.EXACT), bool(flags & Flag.SAMPLED))
    parts = msgspec.msgpack.encode(front), [StreamPart(msgspec.msgpack.encode(back))]
    told = read(HEADERS + block.pack(BlockKind.CHUNK, *parts, extent))
    assert sum(record.count for record in told if isinstance(record, ev.EventsLost)) == count
    read(block.pack(BlockKind.HEADER, *parts) + HEADERS)


@FEW
@given(st.data())
def test_a_chunk_whose_columns_are_changed(data: st.DataObject) -> None:
    found = block.head(TAPE[len(HEADERS) :])
    assert found is not None
    chunk = TAPE[len(HEADERS) : len(HEADERS) + found.length]
    packed = msgspec.msgpack.decode(found.back(chunk), type=columns.Columns)
    name = data.draw(st.sampled_from(sorted(packed.tables)))
    table = msgspec.msgpack.decode(packed.tables[name])
    for column in table:
        table[column] = data.draw(st.just(table[column]) | ANYTHING)
    packed.tables[name] = msgspec.Raw(msgspec.msgpack.encode(table))
    packed.times = data.draw(st.just(packed.times) | st.lists(st.integers(-5, 2**62), max_size=30))
    back = [StreamPart(msgspec.msgpack.encode(packed))]
    made = block.pack(BlockKind.CHUNK, found.front(chunk), back, found.extent, front_level=0)
    told = read(HEADERS + made)
    assert len(told) == found.records


@FEW
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 2**50)), min_size=1, max_size=60))
def test_any_records_come_back(chosen: list[tuple[type[ev.Event], int]]) -> None:
    told = [event(kind, time_ps) for kind, time_ps in sorted(chosen, key=lambda one: one[1])]
    assert read(written(told, 25)) == told


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block, "MOST_UNPACKED", 1000)
    made = block.pack(BlockKind.CHUNK, bytes(10**6), (), Extent(0, 5, 0, 0))
    found = block.head(made)
    assert found is not None
    with pytest.raises(TapeDamagedError, match="not one compressed stream"):
        found.front(made)
    assert read(HEADERS + made) == 5 * [ev.EventsLost(0, 1)]
