"""Chunks on a shelf come back as they were, and damage to them is found."""

import pytest

from kbview.tape.chunk import Chunk, chunk_of
from kbview.tape.events import EVENTS
from kbview.tape.kbt import payload, rows
from kbview.tape.kbt.block import TapeDamagedError
from kbview.tape.meter import Sample
from tests.state.tapes import CASES, tape_of
from tests.tape.small import records


def chunks(word: str, datapath: str) -> list[Chunk]:
    """The chunks of a tape, the open one last."""
    store = tape_of(word, datapath)._store
    return [store.chunk(number) for number in range(store.index.dropped, store.index.count + 1)]


@pytest.mark.parametrize(("word", "datapath"), CASES)
def test_a_chunk_comes_back_as_it_was(word: str, datapath: str) -> None:
    for chunk in chunks(word, datapath):
        block = rows.encode(chunk)
        assert rows.decode(block) == chunk
        assert rows.decode_starts(block) == chunk.starts()
        track = payload.decode_track(block, chunk.first)
        assert track.samples() == [each for each in chunk.records if isinstance(each, Sample)]
        assert track.key() == chunk.key


def test_so_do_events_of_every_class() -> None:
    told = sorted(records(), key=lambda record: record.time_ps)
    assert {type(record) for record in told} == {*EVENTS, Sample}
    chunk = chunk_of(7, chunks("overload-udp", "kernel")[0].key, told)
    assert rows.decode(rows.encode(chunk)) == chunk


def test_a_damaged_byte_is_found() -> None:
    block = bytearray(rows.encode(chunks("overload-udp", "kernel")[0]))
    block[-20] ^= 1
    with pytest.raises(TapeDamagedError):
        rows.decode(bytes(block))


def test_a_block_that_holds_no_events_is_refused() -> None:
    chunk = chunks("overload-udp", "kernel")[0]
    with pytest.raises(TapeDamagedError, match="makes no sense"):
        rows.decode(payload.encode(chunk))
