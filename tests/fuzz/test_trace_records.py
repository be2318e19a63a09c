"""Trace buffers are hostile: whatever is in them, there are records or none, and right books."""

from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbview.sources.trace.live import format as formats
from kbview.sources.trace.live import page as pages
from kbview.sources.trace.live.decoder import RecordDecoder
from kbview.sources.trace.meaning.interpreter import Interpreter
from kbview.sources.trace.meaning.machine_state import WatchedInterface
from kbview.sources.trace.meaning.record import LOST, TraceRecord
from kbview.sources.trace.meaning.table import BY_NAME
from kbview.state.state import State
from kbview.tape.detail import Detail
from kbview.tape.meter import TOTALS, Sample
from tests.sources.trace.live.pages import KFREE_SKB, NAPI_POLL, SCHED_WAKING, common, event, page

FEW = settings(max_examples=200, deadline=None, derandomize=True,
               suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
WHOLE = page(5000, [event(n, common(2291, n) + bytes(4 * n + 20)) for n in range(30)], 7)
FORMATS = [KFREE_SKB, NAPI_POLL, SCHED_WAKING]


def read(data: bytes) -> None:
    for layout in (pages.PageLayout(), pages.PageLayout(4, 12)):
        parsed = pages.parse(data, layout)
        for entry in parsed.entries:
            assert layout.data <= entry.start < entry.end <= len(data)


@FEW
@given(st.binary(max_size=300))
def test_any_page(data: bytes) -> None:
    read(data)


@FEW
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=12),
    st.integers(0, 4096),
)
def test_a_page_with_changed_bytes_and_cut(changes: list[tuple[int, int]], cut: int) -> None:
    changed = bytearray(WHOLE)
    for place, value in changes:
        changed[place] = value
    read(bytes(changed[: len(changed) - cut]))


@FEW
@given(st.sampled_from(FORMATS), st.binary(max_size=80), st.data())
def test_any_record(text: str, record: bytes, data: st.DataObject) -> None:
    layout = formats.parse(text)
    assert layout is not None
    wanted = data.draw(st.lists(st.sampled_from([*layout.fields, "unknown"]), unique=True))
    values = RecordDecoder("it", layout, wanted, wanted[:1]).decode(record, 0, len(record))
    assert values is None or len(values) == len(wanted)


@FEW
@given(st.sampled_from(FORMATS), st.integers(0, 400), st.text(max_size=30))
def test_any_format(text: str, place: int, insert: str) -> None:
    layout = formats.parse(text[:place] + insert + text[place:])
    if layout is not None:
        RecordDecoder("it", layout, [*layout.fields]).decode(bytes(200), 0, 200)


ADDRESSES = st.sampled_from([0, 1, 2, 3])
VALUES = {
    "name": st.sampled_from(["veth0", "other", ""]),
    "dev_name": st.sampled_from(["veth0", "(no_device)", "x"]),
    "skbaddr": ADDRESSES,
    "skaddr": ADDRESSES,
    "sk": ADDRESSES,
    "rx_sk": ADDRESSES,
    "vec": st.sampled_from([3, 3, 3, 2]),
    "reason": st.sampled_from(["NO_SOCKET", "QUEUE_PURGE", "", None]),
    "next_pid": st.integers(0, 3),
    "prev_pid": st.integers(0, 3),
    "pid": st.integers(0, 3),
    "comm": st.sampled_from(["a", "ksoftirqd/0", ""]),
}
NUMBERS = st.one_of(st.integers(-5, 3000), st.sampled_from([None, 1 << 40, -(1 << 62)]))
STRANGE = st.one_of(NUMBERS, st.text(max_size=5), st.binary(max_size=28))


@st.composite
def records(draw: st.DrawFn) -> list[TraceRecord]:
    """Every tracepoint in any order, mostly with values that belong together."""
    made: list[TraceRecord] = []
    time_ns = 0
    for _ in range(draw(st.integers(0, 60))):
        name = draw(st.sampled_from([*BY_NAME, LOST]))
        time_ns += draw(st.integers(0, 30_000_000))
        values: tuple[Any, ...] = (draw(st.integers(1, 9)),)
        if name != LOST:
            likely = draw(st.booleans())
            values = tuple(
                draw(VALUES.get(field, NUMBERS) if likely else STRANGE)
                for field in BY_NAME[name].fields
            )
        cpu, pid, flags = draw(st.integers(0, 2)), draw(st.integers(0, 3)), draw(st.integers(0, 255))
        made.append(TraceRecord(time_ns, cpu, pid, flags, name, values))
    return made


@FEW
@given(records(), st.integers(0, 60))
def test_whatever_the_records_say_the_books_are_right(heard: list[TraceRecord], half: int) -> None:
    interpreter = Interpreter(WatchedInterface("veth0"), lambda ns: ns * 1000)
    state = State()
    interpreter.set_detail(Detail.STEPS)
    reached_ps = 0
    for part in (heard[:half], heard[half:]):
        interpreter.hear(part)
        reached_ps = max([reached_ps, *(record.time_ns * 1000 for record in part)])
        events = interpreter.release(reached_ps)
        assert all(a.time_ps <= b.time_ps for a, b in pairwise(events))
        state.apply(Sample(0, interpreter.meters().copy(), Detail.STEPS)) if not half else None
        meters = interpreter.meters()
        assert meters.conserved()
        assert meters.in_flight >= 0
        assert all(getattr(meters, name) >= 0 for name in TOTALS)
        assert all(socket.queued >= 0 and socket.packets >= 0 for socket in meters.sockets.values())
        for core in meters.cores:
            assert core.idle_ps >= 0
    assert interpreter.malformed <= len(heard)
