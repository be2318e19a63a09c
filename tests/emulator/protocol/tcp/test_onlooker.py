"""Recorded text is delivered once and in order; what was lost for good is passed over in time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.protocol.tcp import ConnectionState, Outcome, Segment
from kbview.emulator.protocol.tcp.onlooker import PATIENCE_PS, Onlooker
from kbview.emulator.protocol.tcp.sequence import plus
from kbview.packet.tcp import ACK, FIN, RST, SYN

TEXT = bytes(range(256)) * 40
ISS = 0xFFFFFF00


def text(start: int, length: int, flags: int = ACK) -> Segment:
    return Segment(plus(ISS, 1 + start), 0, flags, 0, length, TEXT[start : start + length])


def told(outcomes: list[Outcome]) -> bytes:
    return b"".join(part.data or b"" for each in outcomes for part in each.delivered)


def heard(*segments: Segment) -> tuple[Onlooker, list[Outcome]]:
    onlooker = Onlooker()
    return onlooker, [onlooker.arrive(segment, number) for number, segment in enumerate(segments)]


def test_a_connection_from_its_syn_to_its_fin() -> None:
    onlooker, outcomes = heard(
        Segment(ISS, 0, SYN), text(0, 0), text(0, 100), text(100, 50, ACK | FIN), text(151, 0)
    )
    assert told(outcomes) == TEXT[:150]
    assert [after for each in outcomes for _, after in each.changes] == [
        ConnectionState.SYN_RECEIVED,
        ConnectionState.ESTABLISHED,
        ConnectionState.CLOSE_WAIT,
    ]
    assert onlooker.due_ps == NEVER_PS


def changes(*segments: Segment) -> list[tuple[ConnectionState, ConnectionState]]:
    return [change for outcome in heard(*segments)[1] for change in outcome.changes]


def test_a_syn_with_an_ack_establishes_the_connection_of_a_host_that_asked() -> None:
    """RFC 9293, figure 5: SYN-SENT, rcv SYN,ACK, ESTABLISHED."""
    assert changes(Segment(ISS, 0, SYN | ACK), text(0, 10), text(10, 0, ACK | FIN)) == [
        (ConnectionState.SYN_SENT, ConnectionState.ESTABLISHED),
        (ConnectionState.ESTABLISHED, ConnectionState.CLOSE_WAIT),
    ]


def test_a_capture_that_begins_in_a_connection_tells_no_state_that_it_did_not_see_entered() -> None:
    assert changes(text(0, 10), text(10, 10)) == []
    assert changes(text(0, 10), text(10, 0, ACK | FIN)) == [
        (ConnectionState.ESTABLISHED, ConnectionState.CLOSE_WAIT)
    ]
    assert changes(Segment(ISS, 0, RST)) == []


def test_duplicates_overlaps_and_disorder() -> None:
    _, outcomes = heard(
        Segment(ISS, 0, SYN), text(0, 100), text(0, 100), text(200, 50), text(50, 100), text(140, 60)
    )
    assert [each.reason for each in outcomes] == ["", "", "TCP_OLD_DATA", "", "", ""]
    assert [each.held for each in outcomes] == [False, False, False, True, False, False]
    assert told(outcomes) == TEXT[:250]


def test_a_gap_is_given_up_after_a_retransmission_timeout() -> None:
    onlooker, _ = heard(text(0, 10), text(50, 10), text(60, 10), text(90, 5))
    assert onlooker.due_ps == 1 + PATIENCE_PS
    first = onlooker.skip(onlooker.due_ps)
    assert told([first]) == TEXT[50:70]
    assert onlooker.due_ps == 1 + 2 * PATIENCE_PS
    assert told([onlooker.skip(onlooker.due_ps)]) == TEXT[90:95]
    assert onlooker.due_ps == NEVER_PS
    assert onlooker.arrive(text(20, 10), 0).reason == "TCP_OLD_DATA"  # too late


@pytest.mark.parametrize("how", ["syn", "far away", "reset"])
def test_another_connection_from_the_same_port(how: str) -> None:
    onlooker, _ = heard(Segment(ISS, 0, SYN), text(0, 10), text(50, 10))
    anew = (ISS + 1_000_000_000) & 0xFFFFFFFF
    if how == "reset":
        outcome = onlooker.arrive(Segment(plus(ISS, 11), 0, RST), 5)
        assert outcome.reason == "TCP_RESET"
    else:
        first = (
            Segment(anew, 0, SYN) if how == "syn" else Segment(plus(anew, 1), 0, ACK, 0, 7, b"another")
        )
        outcome = onlooker.arrive(first, 5)
    assert [discard.segment.length for discard in outcome.discarded] == [10]
    assert onlooker.due_ps == NEVER_PS
    if how == "far away":
        assert told([outcome]) == b"another"
    if how == "syn":
        assert told([onlooker.arrive(Segment(plus(anew, 1), 0, ACK, 0, 4, b"next"), 6)]) == b"next"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)), max_size=40),
    st.permutations(range(10)),
)
def test_whatever_was_recorded_each_byte_is_told_once_and_in_order(
    pieces: list[tuple[int, int]], last: list[int]
) -> None:
    """Pieces at random, then all of the text in ten pieces in any order."""
    segments = [text(start, length) for start, length in pieces]
    segments += [text(number * 40, 40) for number in last]
    onlooker, outcomes = heard(Segment(ISS, 0, SYN), *segments)
    assert told(outcomes) == TEXT[:400]
    ended = sum(
        bool(each.reason) + len(each.discarded) + sum(part.length > 0 for part in each.delivered)
        for each in outcomes
    )
    assert ended + len(onlooker.order.segments) == len(segments)
    assert onlooker.order.segments == []
