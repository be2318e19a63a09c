"""The tape file: what goes in comes out, whatever happens to the file on the way."""

import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate
from random import Random

import msgspec
import pytest

from kbview.tape import events as ev
from kbview.tape.kbt import columns, gathering, plane, schema, whole
from kbview.tape.kbt.block import HEAD_LENGTH, TapeDamagedError, head
from kbview.tape.kbt.recording import Recording
from kbview.tape.kbt.stream import Packing, compressed
from kbview.tape.meter import Sample
from kbview.tape.vocabulary import DropReason, Place
from tests.tape.folding import folded, picture
from tests.tape.small import KINDS, event, opened, records, written

TOLD = records()
CHUNK = 24
DATA = written(TOLD, CHUNK)


def blocks(data: bytes) -> Iterator[int]:
    """Where each block begins."""
    offset = 0
    while found := head(data[offset : offset + HEAD_LENGTH]):
        yield offset
        offset += found.length


def test_every_kind_of_record_comes_back() -> None:
    tape = opened(DATA)
    assert tape.complete
    assert tape.length == len(TOLD)
    assert list(tape.read(0)) == TOLD
    assert tape.end_ps == TOLD[-1].time_ps
    for position in range(len(TOLD) + 1):
        assert list(tape.read(position)) == TOLD[position:]
        assert picture(folded(tape.opening(position))) == picture(folded(TOLD[:position]))
        assert tape.lost_before(position) == folded(TOLD[:position]).lost


def test_with_an_index_no_chunk_is_looked_at() -> None:
    read: list[int] = []

    def read_at(offset: int, length: int) -> bytes:
        read.append(offset)
        return DATA[offset : offset + length]

    starts = list(blocks(DATA))
    assert Recording(read_at, len(DATA)).length == len(TOLD)
    assert not set(read) & set(starts[2:-1])


def test_an_index_is_only_a_convenience() -> None:
    unfinished = opened(written(TOLD, CHUNK, close=False))
    assert not unfinished.complete
    assert unfinished.left(len(DATA)) > 0
    assert list(unfinished.read(0)) == TOLD


def test_a_tape_can_be_read_while_it_grows() -> None:
    tape = opened(DATA, 2000)
    for size in range(2000, len(DATA) + 1):
        before = tape.length
        tape.grow(size)
        assert tape.length - before in (0, CHUNK, len(TOLD) % CHUNK)
    assert tape.complete
    assert list(tape.read(0)) == TOLD


def test_the_same_records_give_the_same_bytes() -> None:
    assert written(TOLD, CHUNK) == DATA
    assert written(TOLD[:-1], CHUNK) != DATA


FEW = [*TOLD[:9], *TOLD[40:52], *TOLD[-4:]]  # samples, markers, milestones and steps
FEW_CHUNK = 7
FEW_DATA = written(FEW, FEW_CHUNK)
KEYS = {msgspec.msgpack.encode(record): place for place, record in enumerate(FEW)}
METERS = [record.meters for record in FEW if isinstance(record, Sample)]


def check_honest(tape: Recording) -> tuple[int, int]:
    """Whatever is read was written, in its order, and what is missing is said: found and lost."""
    found, lost, last = 0, 0, -1
    for record in tape.read(0):
        place = KEYS.get(msgspec.msgpack.encode(record))
        if place is not None:
            assert place > last
            last, found = place, found + 1
        elif isinstance(record, ev.EventsLost):
            lost += record.count
        else:  # the sample that makes meters right again after a loss
            assert isinstance(record, Sample)
            assert record.meters in METERS
    return found, lost


def test_cut_anywhere_the_whole_chunks_are_there() -> None:
    starts = list(blocks(FEW_DATA))
    for size in range(1, len(FEW_DATA)):
        if size < starts[1]:
            with pytest.raises(TapeDamagedError):
                opened(FEW_DATA, size)
            continue
        tape = opened(FEW_DATA, size)
        chunks = sum(start <= size for start in starts[3:])
        assert tape.length == min(chunks * FEW_CHUNK, len(FEW))
        assert list(tape.read(0)) == FEW[: tape.length]
        assert not tape.complete or size >= starts[-1]


def test_a_flipped_byte_costs_one_chunk_at_most_and_is_told() -> None:
    data = bytearray(FEW_DATA)
    for place in range(len(data)):
        data[place] ^= 1 << place % 8
        tape = opened(bytes(data))
        found, lost = check_honest(tape)
        assert lost <= FEW_CHUNK
        assert len(FEW) <= found + lost <= len(FEW) + 1  # one that tells the meters again may be alike
        assert tape.damaged() == lost
        data[place] ^= 1 << place % 8


def test_a_hole_is_told_with_the_number_of_what_is_missing() -> None:
    starts = list(blocks(FEW_DATA))
    hole = FEW_DATA[: starts[2] + 5] + FEW_DATA[starts[4] - 3 :]  # two chunks, and no whole bytes
    tape = opened(hole)
    assert check_honest(tape)[1] == 2 * FEW_CHUNK
    assert tape.damaged() == 2 * FEW_CHUNK


def test_an_unknown_class_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [ev.IrqUnmasked(1, 0, 0), ev.FrameArrived(2, 0, 7, 64), ev.IrqUnmasked(3, 0, 0)]
    data = written(told, 3)
    monkeypatch.delitem(columns.TABLES, "FrameArrived")
    assert list(opened(data).read(0)) == [told[0], ev.EventUnknown(2, "FrameArrived"), told[2]]


def test_a_class_of_an_older_schema_is_lifted(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [ev.IrqUnmasked(1, 0, 4), ev.IrqUnmasked(2, 0, 5)]
    data = written(told, 2)

    def renamed(table: schema.Table) -> tuple[str, schema.Table]:
        table["work"] = table.pop("queue")
        return "NapiPolled", {**table, "queue": [0, 0], "budget": [64, 0]}

    monkeypatch.setattr(schema, "FIXUPS", [("IrqUnmasked", schema.SCHEMA + 1, renamed)])
    assert list(opened(data).read(0)) == [ev.NapiPolled(1, 0, 0, 4, 64), ev.NapiPolled(2, 0, 0, 5, 64)]


def test_a_column_that_is_missing_is_filled_or_the_class_is_unknown() -> None:
    class Newer(ev.Event):
        cpu: int
        why: str = "told later"

    table = columns.Table(Newer)
    raw = msgspec.Raw(msgspec.msgpack.encode({"cpu": [3, 1], "dropped_since": ["a", "b"]}))
    assert list(table.unpack(raw, [5, 6])) == [Newer(5, 3), Newer(6, 4)]
    for wrong in ({}, {"cpu": [1]}, {"cpu": ["a", "b"]}, {"cpu": [1, 2], "why": [1, 2]}):
        with pytest.raises((ValueError, msgspec.MsgspecError)):
            list(table.unpack(msgspec.Raw(msgspec.msgpack.encode(wrong)), [5, 6]))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_columns_bring_back_each_class(kind: type[ev.Event]) -> None:
    told = [event(kind, time_ps) for time_ps in accumulate((3, 0, 7, 10**15))]
    assert columns.unpack(packed(told), schema.SCHEMA) == told


def gathered(told: Sequence[ev.Event]) -> gathering.Gathering:
    """The columns of records, as a writer has them."""
    made = gathering.Gathering()
    made.add(told)
    return made


def packed(told: Sequence[ev.Event]) -> columns.Columns:
    """The columns of records, as a reader finds them."""
    data = b"".join(part.data for part in gathered(told).pack())
    return msgspec.msgpack.decode(data, type=columns.Columns)


@pytest.mark.parametrize("count", [1, 2, 15, 16, 300, 70_000])
def test_a_column_of_one_value_is_the_message_of_its_values(count: int) -> None:
    """Heads of arrays are written here: they are those of msgspec for each length."""
    told = [ev.PacketDropped(5, 3, 7, Place.NIC, DropReason.FCS, 64)] * count
    encode = msgspec.msgpack.encode
    table = packed(told).tables["PacketDropped"]
    assert bytes(table) == encode(
        {
            "cpu": [3, *[0] * (count - 1)],
            "packet": [7, *[0] * (count - 1)],
            "where": ["nic"] * count,
            "reason": ["FCS"] * count,
            "length": [64, *[0] * (count - 1)],
        }
    )
    assert packed(told).times == [5, *[0] * (count - 1)]
    assert columns.unpack(packed(told), schema.SCHEMA) == told


@pytest.mark.parametrize("last", ["GRO_DROP", "FCS"])
def test_a_value_that_returns_at_the_end_makes_no_column_of_one_value(last: str) -> None:
    told = [ev.PacketDropped(5, 3, at % 2, Place.NIC, word, 64)
            for at, word in enumerate(["FCS", "UDP_CSUM", last])]  # fmt: skip
    assert columns.unpack(packed(told), schema.SCHEMA) == told


@pytest.mark.parametrize(
    ("least", "most", "kind"),
    [(-(10**3), 10**3, bytes), (-(2**63), 2**63 - 1, bytes), (2**63, 2**63 + 10**6, list)],
)
def test_numbers_without_a_pattern_come_back(least: int, most: int, kind: type) -> None:
    """They are planes; numbers that need more than 63 bits and a sign are differences."""
    random = Random(2)
    told = [ev.PacketDelivered(5, 0, 7, Place.APP, 64, random.randint(least, most)) for _ in range(400)]
    assert columns.unpack(packed(told), schema.SCHEMA) == told
    table = msgspec.msgpack.decode(packed(told).tables["PacketDelivered"])
    assert isinstance(table["latency_ps"], kind)


def test_planes_are_the_bytes_of_all_numbers_from_the_lowest_on() -> None:
    """The format on disk: little-endian, two's complement, 64 bits."""
    planes = b"".join(plane.pack([5, 260, -1]))
    assert planes == bytes([5, 4, 255, 0, 1, 255]) + 6 * bytes([0, 0, 255])
    assert plane.unpack(planes) == [5, 260, -1]
    with pytest.raises(ValueError, match="23 bytes"):
        plane.unpack(planes[1:])


def test_times_without_a_pattern_are_noise_and_steps_are_not() -> None:
    """Noise is not searched for words; the stream of both kinds of parts is zlib's own."""
    random = Random(1)
    for kinds, steps in ((1, [random.randrange(10**6) for _ in range(5000)]), (0, [3, 5] * 2500)):
        told = [ev.FrameArrived(time_ps, 0, 0, 64) for time_ps in accumulate(steps)]
        parts = list(gathered(told).pack())
        assert any(part.method is Packing.STORED for part in parts) == kinds
        stream = compressed(parts)
        assert zlib.decompress(stream) == b"".join(part.data for part in parts)
        assert (len(stream) < 300) == (not kinds)


def test_nothing_is_read_before_its_checksum_is_right() -> None:
    start = list(blocks(DATA))[2]
    found = head(DATA[start:])
    assert found is not None
    data = DATA[start : start + found.length]
    assert zlib.decompress(data[HEAD_LENGTH : HEAD_LENGTH + found.front_length]) == found.front(data)
    assert zlib.decompress(data[HEAD_LENGTH + found.front_length :]) == found.back(data)
    with pytest.raises(TapeDamagedError, match="checksum"):
        found.back(data[:-1])


@pytest.mark.parametrize(
    ("numbers", "step"),
    [
        ([7], 0),
        ([7, 7, 7], 0),
        ([7, 8, 9], 1),
        ([7, 9, 11], None),
        ([7, 9, 9], None),
        ([7, 8, 8, 7], None),
        ([5, 5, 6, 8], None),
        ([2**64, 2**64 + 1], 1),
        ([9, 8, 7], None),
    ],
)
def test_compiled_code_finds_the_same_steps(numbers: list[int], step: int | None) -> None:
    """Its loops and the functions of the standard library agree."""
    assert whole.common_step(numbers) == step
    if step is not None or numbers[-1] - numbers[0] in (0, len(numbers) - 1):
        assert whole._common_step(numbers, int(numbers[-1] != numbers[0])) == step
    assert whole._differences(numbers) == whole.differences(numbers)
    assert list(accumulate(whole._differences(numbers))) == numbers
