"""A ring of AF_XDP, with the kernel's side played on the same memory."""

import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbview.sources.linux.xdp.ring import ADDRESS, DESCRIPTOR, Offsets, XskRing
from kbview.tape.vocabulary import RingKind

SIZE = 8
OFFSETS = Offsets(producer=0, consumer=64, descriptors=128, flags=96)


class Pair:
    """Two views of one ring: each side's."""

    def __init__(self, entry: str, start: int) -> None:
        memory = os.memfd_create("ring")
        os.ftruncate(memory, 4096)
        os.pwrite(memory, struct.pack("=I", start), OFFSETS.producer)
        os.pwrite(memory, struct.pack("=I", start), OFFSETS.consumer)
        self.ours = XskRing(RingKind.FILL, memory, 0, OFFSETS, SIZE, entry)
        self.theirs = XskRing(RingKind.FILL, memory, 0, OFFSETS, SIZE, entry)
        self.memory = memory

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()
        os.close(self.memory)


@given(
    entry=st.sampled_from([ADDRESS, DESCRIPTOR]),
    start=st.sampled_from([0, 5, 2**32 - 3]),
    moves=st.lists(st.tuples(st.integers(0, SIZE), st.integers(0, SIZE)), max_size=30),
)
def test_what_one_side_puts_in_the_other_takes_out_in_order(
    entry: str, start: int, moves: list[tuple[int, int]]
) -> None:
    """Whatever the pace, and over the wrap of ring and index alike."""
    pair = Pair(entry, start)
    words, put = len(entry), 0
    taken: list[int] = []
    for produce, consume in moves:
        count = min(produce, pair.theirs.free())
        pair.theirs.put(tuple(range(put, put + count * words)))
        put += count * words
        assert pair.ours.waiting == (put - len(taken)) // words <= SIZE
        got = pair.ours.take(consume)
        assert len(got) == min(consume, pair.ours.waiting) * words
        pair.ours.release(len(got) // words)
        taken += got
        assert pair.theirs.free() == SIZE - pair.ours.waiting
    assert taken == list(range(len(taken)))
    pair.close()


def test_entries_stay_the_consumers_until_released() -> None:
    pair = Pair(ADDRESS, 0)
    pair.theirs.put(tuple(range(SIZE)))
    assert pair.ours.take(3) == (0, 1, 2)
    assert pair.theirs.free() == 0
    pair.ours.release(3)
    assert pair.theirs.free() == 3
    pair.close()


@pytest.mark.parametrize("flag", [0, 1])
def test_the_kernel_says_whether_it_sleeps(flag: int) -> None:
    pair = Pair(ADDRESS, 0)
    os.pwrite(pair.memory, struct.pack("=I", flag), OFFSETS.flags)
    assert pair.ours.needs_wakeup is bool(flag)
    pair.close()
