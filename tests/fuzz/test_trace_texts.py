"""Trace texts are hostile: whatever is in them there is a story with right books, or one refusal."""

from itertools import pairwise
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.sources.trace.meaning.table import BY_NAME
from kbview.sources.trace.text import line, values
from kbview.sources.trace.text.recognition import looks_like_one
from kbview.tape.meter import Sample
from kbview.tape.source import SourceError
from kbview.tape.tape import Tape
from tests.sources.trace.text.test_source import pipe

FEW = settings(max_examples=100, deadline=None, derandomize=True,
               suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
FOLDER = Path(__file__).parents[1] / "sources" / "trace" / "text"
SAMPLES = [path.read_bytes()[:12_000] for path in sorted(FOLDER.glob("*.txt"))]


def read(data: bytes) -> None:
    try:
        source = resolve("-", Choice(), pipe(b"# tracer: nop\n" + data))
    except SourceError as error:
        assert "\n" not in str(error)
        return
    tape = Tape()
    while not source.ended:
        source.pump(tape, 1 << 62)
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


@FEW
@given(st.text(max_size=200))
def test_any_line(text: str) -> None:
    line.parse(text)
    looks_like_one(text.encode("utf-8", "replace"))


@FEW
@given(st.sampled_from([*BY_NAME]), st.text(max_size=120))
def test_any_rest_of_a_line(event: str, rest: str) -> None:
    found = values.of(event, rest)
    assert found is not None
    assert len(found[1]) == len(BY_NAME[found[0]].fields)
