"""Records that are folded together give the state and the markers of record after record."""

from itertools import islice, pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.marker import Markers
from kbview.state.pieces import ALONE, CHUNK, pieces
from kbview.state.player import Player
from kbview.state.state import State
from kbview.state.until import Time
from kbview.tape import events as ev
from kbview.tape.event_run import run_of
from kbview.tape.meter import CoreMeter, Meters, RingMeter
from kbview.tape.tape import Tape
from kbview.tape.vocabulary import Place
from tests.state.tapes import CASES, dump, folded, tape_of


def fold_in_pieces(state: State, tape: Tape, cuts: list[int]) -> Markers:
    """Fold a tape slice by slice, cut at these positions; the markers that were set by rules."""
    markers = Markers()
    for begin, end in pairwise([state.position, *sorted(cuts), tape.length]):
        for records in tape.slices(begin, end):
            for piece in pieces(records, state.position):
                state.apply_piece(piece)
                markers.watch_piece(piece, state.position, state.since_ps)
    return markers


def fold_singly(state: State, tape: Tape) -> Markers:
    """Fold a tape record by record."""
    markers = Markers()
    for record in tape.read(state.position):
        state.apply(record)
        markers.watch(record, state.position, state.since_ps)
    return markers


@pytest.mark.parametrize(("word", "datapath"), CASES)
def test_pieces_of_any_length_give_the_same_state(word: str, datapath: str) -> None:
    tape = tape_of(word, datapath)
    chance = Random(f"{word} {datapath}")
    single = folded(tape)
    expected = fold_singly(single, tape)
    for count in (0, 7, 300):
        state = folded(tape)
        cuts = [chance.randrange(tape.start, tape.length) for _ in range(count)]
        markers = fold_in_pieces(state, tape, cuts)
        assert dump(state) == dump(single)
        assert markers.all == expected.all


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_so_it_is_behind_every_cut(data: st.DataObject) -> None:
    tape = tape_of(*data.draw(st.sampled_from(CASES)))
    cut = data.draw(st.integers(tape.start, tape.length))
    single, state = folded(tape), folded(tape)
    for record in islice(tape.read(tape.start), cut - tape.start):
        single.apply(record)
    for records in tape.slices(tape.start, cut):
        for piece in pieces(records, state.position):
            state.apply_piece(piece)
    assert dump(state) == dump(single)


def test_pieces_are_all_records_with_samples_markers_and_turns_between_them() -> None:
    tape = tape_of("overload-udp", "kernel")
    records = list(tape.read(tape.start))
    cut = pieces(records, tape.start)
    assert [record for piece in cut for record in piece.records] == records
    position = tape.start
    for piece in cut:
        count = len(piece.records)
        assert count == 1 or not piece.kinds & ALONE
        assert position // CHUNK == (position + count - 1) // CHUNK
        position += count


@pytest.mark.parametrize("first", [0, 1, 3000, CHUNK - 5])
@pytest.mark.parametrize("count", [1, 10, 1200])
def test_records_that_were_sorted_before_give_the_same_state(first: int, count: int) -> None:
    tape = tape_of("overload-udp", "kernel")
    records = list(islice(tape.read(0), 2 * CHUNK))
    known = run_of(records[first : first + count])
    for skipped, more in ((0, 0), (1, 0), (0, 30), (0, CHUNK)):
        begin, end = first + skipped, first + count + more
        single, state = folded(tape), folded(tape)
        for record in records[:end]:
            single.apply(record)
        for part, position in ((records[:begin], 0), (records[begin:end], begin)):
            for piece in pieces(part, position, known):
                state.apply_piece(piece)
        assert dump(state) == dump(single)


def test_play_does_not_sort_its_records_twice() -> None:
    player = Player(resolve("overload-udp", Choice()))
    player.tick(0.1)
    before = player.state.position
    player.produce(player.state.now_ps + 20_000_000, float("inf"))
    (records,) = player.tape.slices(before, player.tape.length)
    latest = player.tape.latest
    assert latest is not None
    assert pieces(records, before, latest)[0] is latest


def test_slices_of_a_tape_are_its_records_in_order() -> None:
    tape = tape_of("overload-udp", "kernel")
    for begin, end in ((tape.start, tape.length), (5, 6), (100, 20_000), (7, 7), (tape.length, 10**9)):
        expected = list(islice(tape.read(begin), max(0, end - begin)))
        assert [record for part in tape.slices(begin, end) for record in part] == expected


def test_a_player_sees_the_same_with_and_without_a_condition_to_stop_at() -> None:
    """A run is folded record by record, because it may stop at each; play is folded in pieces."""

    def player() -> Player:
        return Player(resolve("overload-udp", Choice()))

    played, ran = player(), player()
    for each in (played, ran):
        each.produce(60_000_000, float("inf"))
    never = Time(10**15, "the end")
    played.fold(played.tape.length)
    ran.fold(ran.tape.length, never)
    assert played.state.position == ran.state.position > 1000
    assert dump(played.state)["meters"] == dump(ran.state)["meters"]
    assert played.state.positions.at == ran.state.positions.at
    assert played.markers.all == ran.markers.all


# ---- counting ------------------------------------------------------------------------------------


def counted(records: list[ev.Event]) -> tuple[Meters, Meters]:
    """Meters with these events counted singly and together."""
    single = Meters(cores=[CoreMeter(0)], rings=[RingMeter(0, 8), RingMeter(1, 8)])
    together = single.copy()
    for record in records:
        record.change(single)
    run_of(records).count_in(together)
    return single, together


EVENTS = st.one_of(
    st.builds(
        ev.StepTaken,
        st.just(5),
        st.integers(0, 2),
        st.integers(-1, 3),
        st.sampled_from(["ip_rcv", "page_walk", "skb_alloc"]),
        st.integers(0, 9),
        st.sampled_from(ev.Account),
    ),
    st.builds(ev.DescriptorDone, st.just(5), st.integers(0, 2), st.just(1), st.integers(0, 7)),
    st.builds(ev.DescriptorCleaned, st.just(5), st.integers(0, 2), st.just(1), st.integers(0, 7)),
    st.builds(ev.FrameArrived, st.just(5), st.just(0), st.just(1), st.integers(60, 1500)),
    st.builds(
        ev.PacketDelivered,
        st.just(5),
        st.just(0),
        st.just(1),
        st.sampled_from(Place),
        st.integers(60, 1500),
        st.sampled_from([ev.NO_LATENCY, 0, 127, 128, 10**6]),
    ),
    st.builds(ev.IrqRaised, st.just(5), st.just(0), st.integers(0, 2)),
    st.builds(ev.IrqUnmasked, st.just(5), st.just(0), st.integers(0, 2)),
    st.builds(ev.ModeSwitched, st.just(5), st.just(0), st.sampled_from(ev.Mode), st.just("syscall")),
)


@given(st.lists(EVENTS))
def test_events_counted_together_give_the_meters_of_events_counted_singly(
    records: list[ev.Event],
) -> None:
    single, together = counted(records)
    assert single == together


@pytest.mark.parametrize("kind", [kind for kind in ev.EVENTS if "change_all" in vars(kind)])
def test_a_class_that_is_counted_together_changes_meters(kind: type[ev.Event]) -> None:
    assert kind.change is not ev.Event.change
