"""Trace texts are hostile: whatever is in them there is a story with right books, or one refusal."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.sources.trace.meaning.table import BY_NAME
from kbview.sources.trace.text import line, lost, recognition, values
from kbview.tape.meter import Sample
from kbview.tape.source import SourceError
from kbview.tape.tape import Tape
from tests.sources.trace.text.test_source import pipe

FEW = settings(max_examples=100, deadline=None, derandomize=True,
               suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
FOLDER = Path(__file__).parents[1] / "sources" / "trace" / "text"
SAMPLES = [path.read_bytes()[:12_000] for path in sorted(FOLDER.glob("*.txt"))]


def read(data: bytes, opening: bytes = b"# tracer: nop\n") -> None:
    try:
        source = resolve("-", Choice(), pipe(opening + data))
    except SourceError as error:
        assert "\n" not in str(error)
        return
    tape = Tape()
    try:
        while not source.ended:
            source.pump(tape, 1 << 62)
    except SourceError as error:
        assert "\n" not in str(error)
        return
    finally:
        source.close()
    events = list(tape.read(0))
    assert all(a.time_ps <= b.time_ps for a, b in pairwise(events))
    samples = [event for event in events if isinstance(event, Sample)]
    assert samples[-1].meters.conserved()
    assert samples[-1].meters.in_flight >= 0


@FEW
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=30),
    st.integers(0, 11_000),
)
def test_changed_and_cut(data: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    changed = bytearray(data)
    for place, value in changes:
        changed[place % len(changed)] = value
    read(bytes(changed[: len(changed) - cut]))


@FEW
@given(st.sampled_from(SAMPLES), st.randoms(use_true_random=False))
def test_lines_in_any_order(data: bytes, random: Random) -> None:
    lines = data.splitlines(keepends=True)
    random.shuffle(lines)
    read(b"".join(lines))


PACKINGS: list[Callable[[bytes], bytes]] = [gzip.compress, bz2.compress, lzma.compress]


@FEW
@given(
    st.sampled_from(SAMPLES),
    st.sampled_from(PACKINGS),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=3),
    st.integers(0, 2000),
)
def test_damaged_packings(
    data: bytes,
    packing: Callable[[bytes], bytes],
    changes: list[tuple[int, int]],
    cut: int,
) -> None:
    packed = bytearray(packing(data))
    for place, value in changes:
        packed[place % len(packed)] = value
    whole = bytes(packed[: max(1, len(packed) - cut)])
    if recognition.looks_like_one(whole):
        read(whole, b"")


@FEW
@given(
    st.sampled_from(SAMPLES),
    st.sampled_from(["utf-16", "utf-16-le", "utf-16-be"]),
    st.binary(max_size=9),
)
def test_other_encodings_with_bytes_between(data: bytes, encoding: str, between: bytes) -> None:
    text = data.decode("utf-8", "replace").encode(encoding)
    middle = len(text) // 2
    whole = text[:middle] + between + text[middle:]
    if recognition.looks_like_one(whole):
        read(whole, b"")


STAMPS = st.one_of(
    st.integers(0, 10**20).map(str),
    st.tuples(st.integers(0, 10**13), st.integers(0, 10**10)).map(lambda parts: "{}.{}".format(*parts)),
    st.integers(0, 10**21).map("{}us!".format),
)
RESTS = st.sampled_from(
    [
        "dev=x skbaddr=00aa len=9",
        "skbaddr=00aa reason: 3",
        "[FAILED TO PARSE] name=x skbaddr=0xaa len=-1",
        "",
    ]
)


@FEW
@given(st.lists(st.tuples(st.sampled_from([*BY_NAME]), STAMPS, RESTS), max_size=40))
def test_any_stamps(lines: list[tuple[str, str, str]]) -> None:
    """Counts, cycles, wild jumps: read in an order that never goes back, or refused."""
    text = "".join(f" a-1 [000] d..1. {stamp}: {event}: {rest}\n" for event, stamp, rest in lines)
    read(text.encode())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@FEW
@given(
    st.sampled_from(["net:netif_receive_skb", "skb:kfree_skb", "kfree_skb_reason", "x", ""]),
    st.integers(-5, 2**64),
    st.dictionaries(
        st.sampled_from(["skb-tracking", "skb-drop", "dev", "skb", "packet", "startup", "common"]),
        VALUES | st.fixed_dictionaries({"skb": st.integers(0, 2**64)}) | st.just({"name": "eth0"}),
        max_size=5,
    ),
)
def test_any_object_of_json(symbol: str, time_ns: int, sections: dict[str, Any]) -> None:
    event = {"common": {"timestamp": time_ns}, "kernel": {"symbol": symbol}, **sections}
    read(json.dumps(event).encode() + b"\n" + json.dumps(event).encode(), b"")


@FEW
@given(st.text(max_size=200))
def test_any_line(text: str) -> None:
    line.parse(text)
    recognition.looks_like_one(text.encode("utf-8", "replace"))
    lost.parse(text)
    line.parse(line.bare(text))


PIECES = [
    "a",
    "comm=",
    ":1 [1] S ==> ",
    "x=ARRAY[aa",
    "napi struct ",
    "[000]",
    "-1 ",
    "1.000000: ",
    "\t",
    "us:",
    "{",
]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize(
    "event", ["sched_switch", "sched_waking", "napi_poll", "kfree_skb", "sys_read"]
)
def test_a_line_of_one_piece_over_and_over_ends_in_time(event: str, piece: str) -> None:
    """A pattern that tries every way to split such a line would not come back."""
    line_ = piece * (16_000 // len(piece))
    values.of(event, line_)
    assert line.parse(line_) is None
    assert lost.parse(line.bare(line_)) is None
    recognition.looks_like_one(line_.encode())


@FEW
@given(st.sampled_from([*BY_NAME]), st.text(max_size=120))
def test_any_rest_of_a_line(event: str, rest: str) -> None:
    found = values.of(event, rest)
    assert found is not None
    assert len(found[1]) == len(BY_NAME[found[0]].fields)
