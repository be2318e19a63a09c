"""The state machine case by case, with the figures of RFC 9293 where it has one."""

import pytest

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.protocol.tcp import Connection, ConnectionState, Parameters, Segment, reset_for
from kbview.emulator.protocol.tcp.arrival import reusable
from kbview.emulator.protocol.tcp.connection import NotConnectedError
from kbview.emulator.protocol.tcp.sequence import after, before, distance, plus
from kbview.emulator.protocol.tcp.state import TRANSITIONS, Happening
from kbview.packet.tcp import ACK, FIN, PSH, RST, SYN
from tests.emulator.protocol.tcp.pair import DELAY_PS, MS_PS, Pair, Side

S = ConnectionState
NAMES = {SYN: "SYN", ACK: "ACK", FIN: "FIN", RST: "RST", PSH: "PSH"}


def told(segment: Segment) -> str:
    flags = ",".join(name for flag, name in NAMES.items() if segment.flags & flag)
    return f"<SEQ={segment.seq}><ACK={segment.ack}><CTL={flags}>"


def connection_of(side: Side) -> Connection:
    return side.connection


def text(side: Side, other: Side, length: int, offset: int = 0, flags: int = ACK) -> Segment:
    """What `other` might send to `side`: `length` bytes, `offset` beyond what is expected."""
    tcb = side.connection.tcb
    seq = plus(tcb.receiver.rcv_nxt, offset)
    return Segment(seq, tcb.sender.snd_nxt, flags, 60_000 >> tcb.sender.snd_wscale, length)


@pytest.mark.parametrize("one", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_sequence_numbers_wrap(one: int) -> None:
    assert after(plus(one, 1), one)
    assert before(one, plus(one, 0x7FFFFFFF))
    assert not before(one, one)
    assert distance(one, plus(one, -5)) == -5
    assert distance(plus(one, -5), one) == 5


def test_every_state_is_reached_and_left() -> None:
    assert {before for before, _ in TRANSITIONS} == set(ConnectionState)
    assert set(TRANSITIONS.values()) == set(ConnectionState)
    assert {happening for _, happening in TRANSITIONS} == set(Happening)


def test_figure_6_handshake() -> None:
    pair = Pair(Parameters())
    pair.open()
    pair.run(50 * MS_PS)
    a, b = pair.a, pair.b
    iss, irs = a.connection.tcb.sender.iss, b.connection.tcb.sender.iss
    assert [told(segment) for segment in a.sent] == [
        f"<SEQ={iss}><ACK=0><CTL=SYN>",
        f"<SEQ={iss + 1}><ACK={irs + 1}><CTL=ACK>",
    ]
    assert [told(segment) for segment in b.sent] == [f"<SEQ={irs}><ACK={iss + 1}><CTL=SYN,ACK>"]
    assert a.states == [S.CLOSED, S.SYN_SENT, S.ESTABLISHED]
    assert b.states == [S.CLOSED, S.LISTEN, S.SYN_RECEIVED, S.ESTABLISHED]
    assert a.connection.due_ps == b.connection.due_ps == NEVER_PS


def test_figure_7_both_open_at_once() -> None:
    pair = Pair(Parameters())
    for side in (pair.a, pair.b):
        pair.act(side, side.connection.open(0))
    pair.run(100 * MS_PS)
    for side in (pair.a, pair.b):
        assert side.states == [S.CLOSED, S.SYN_SENT, S.SYN_RECEIVED, S.ESTABLISHED]
    pair.send(pair.a, b"there")
    pair.send(pair.b, b"back")
    pair.run(100 * MS_PS)
    assert (pair.a.received, pair.b.received) == (b"back", b"there")


def test_figure_12_close_and_time_wait() -> None:
    pair = Pair(Parameters()).connected()
    pair.close(pair.a)
    pair.run(20 * MS_PS)
    assert pair.a.connection.state is S.FIN_WAIT_2
    pair.close(pair.b)
    pair.run(20 * MS_PS)
    assert pair.a.states[-4:] == [S.ESTABLISHED, S.FIN_WAIT_1, S.FIN_WAIT_2, S.TIME_WAIT]
    assert pair.b.states[-4:] == [S.ESTABLISHED, S.CLOSE_WAIT, S.LAST_ACK, S.CLOSED]
    began_ps = pair.now_ps
    pair.run()
    assert pair.a.states[-1] is S.CLOSED
    assert pair.now_ps - began_ps > 59_000 * MS_PS


def test_figure_13_both_close_at_once() -> None:
    pair = Pair(Parameters()).connected()
    pair.close(pair.a)
    pair.close(pair.b)
    pair.run(100 * MS_PS)
    for side in (pair.a, pair.b):
        assert side.states[-4:] == [S.ESTABLISHED, S.FIN_WAIT_1, S.CLOSING, S.TIME_WAIT]


def test_half_close_still_receives() -> None:
    pair = Pair(Parameters()).connected()
    pair.close(pair.a)
    pair.run(20 * MS_PS)
    pair.send(pair.b, b"later" * 1000)
    pair.run(500 * MS_PS)
    assert pair.a.received == b"later" * 1000
    with pytest.raises(NotConnectedError, match="EPIPE"):
        pair.send(pair.a, b"too late")
    with pytest.raises(NotConnectedError, match="ENOTCONN"):
        pair.close(pair.a)


def test_nobody_listens() -> None:
    pair = Pair(Parameters())
    pair.act(pair.a, pair.a.connection.open(0))
    pair.run(50 * MS_PS)
    assert pair.a.errors == ["ECONNREFUSED"]
    assert pair.b.reasons == ["TCP_CLOSE"]
    assert pair.a.states[-1] is S.CLOSED


def test_a_reset_is_never_answered() -> None:
    assert reset_for(Segment(1, 2, RST)) is None
    answer = reset_for(Segment(7, 0, SYN))
    assert answer is not None
    assert told(answer) == "<SEQ=0><ACK=8><CTL=ACK,RST>"


def test_abort_resets_the_peer() -> None:
    pair = Pair(Parameters()).connected()
    pair.act(pair.a, pair.a.connection.abort())
    pair.run(50 * MS_PS)
    assert pair.a.states[-1] is pair.b.states[-1] is S.CLOSED
    assert pair.b.errors == ["ECONNRESET"]


@pytest.mark.parametrize(
    ("offset", "ends", "answers"),
    [(0, True, 0), (1, False, 1), (50_000, False, 1), (200_000, False, 0), (-1, False, 0)],
)
def test_rfc_5961_only_the_exact_reset_counts(offset: int, ends: bool, answers: int) -> None:
    """In the window but not next: a challenge. Outside: nothing at all."""
    pair = Pair(Parameters(window_scaling=True)).connected()
    b = pair.b
    reset = Segment(plus(b.connection.tcb.receiver.rcv_nxt, offset), 0, RST)
    b.connection.tcb.receiver.advertise()
    outcome = b.connection.arrive(reset, pair.now_ps)
    assert (b.connection.state is S.CLOSED) == ends
    assert len(outcome.segments) == answers
    assert outcome.reason


def test_rfc_5961_a_syn_is_challenged_but_not_twice_at_once() -> None:
    pair = Pair(Parameters()).connected()
    syn = text(pair.b, pair.a, 0, 0, SYN)
    first = pair.b.connection.arrive(syn, pair.now_ps)
    again = pair.b.connection.arrive(syn, pair.now_ps + 400 * MS_PS)
    later = pair.b.connection.arrive(syn, pair.now_ps + 600 * MS_PS)
    assert [len(each.segments) for each in (first, again, later)] == [1, 0, 1]
    assert first.reason == "TCP_INVALID_SYN"
    assert pair.b.connection.state is S.ESTABLISHED


def test_a_reset_or_syn_ends_a_passive_handshake_only() -> None:
    for flags in (RST, SYN):
        pair = Pair(Parameters())
        pair.act(pair.b, pair.b.connection.listen())
        pair.act(pair.b, pair.b.connection.arrive(Segment(500, 0, SYN), 0))
        pair.act(pair.b, pair.b.connection.arrive(Segment(501, 0, flags), 0))
        assert pair.b.states[-2:] == [S.SYN_RECEIVED, S.LISTEN]
        assert pair.b.connection.due_ps == NEVER_PS


@pytest.mark.parametrize(
    ("length", "offset", "reason"),
    [
        (100, -100, "TCP_OLD_DATA"),
        (50, -100, "TCP_OLD_SEQUENCE"),
        (100, -50, ""),  # its second half is new
        (100, 0, ""),
        (100, 500, ""),  # held
        (0, 0, ""),
        (100, 200_000, "TCP_INVALID_SEQUENCE"),
        (0, 200_000, "TCP_INVALID_SEQUENCE"),
    ],
)
def test_first_check_sequence_number(length: int, offset: int, reason: str) -> None:
    pair = Pair(Parameters()).connected()
    pair.send(pair.a, bytes(1000))
    pair.run(100 * MS_PS)
    nxt = pair.b.connection.tcb.receiver.rcv_nxt
    outcome = pair.b.connection.arrive(text(pair.b, pair.a, length, offset), pair.now_ps)
    assert outcome.reason == reason
    if reason:
        assert [segment.ack for segment in outcome.segments] == [nxt]
        assert not outcome.delivered
    assert sum(segment.length for segment in outcome.delivered) == {-50: 50, 0: length}.get(offset, 0)
    assert outcome.held == (offset == 500)


def test_received_but_not_yet_acknowledged_is_old_data() -> None:
    pair = Pair(Parameters()).connected()
    segment = text(pair.b, pair.a, 10)
    pair.b.connection.arrive(segment, pair.now_ps)
    assert pair.b.connection.arrive(segment, pair.now_ps).reason == "TCP_OLD_DATA"


def test_overlapping_segments_out_of_order() -> None:
    """0-100 is missing; what is covered is merged, what fills the gap frees the rest once."""
    pair = Pair(Parameters()).connected()
    b = pair.b.connection
    now_ps = pair.now_ps
    arriving = [text(pair.b, pair.a, length, offset) for offset, length in
                ((200, 100), (100, 50), (200, 100), (220, 30), (90, 150), (280, 40))]  # fmt: skip
    outcomes = [b.arrive(segment, now_ps) for segment in arriving]
    assert [outcome.reason for outcome in outcomes] == ["", "", "TCP_OFOMERGE", "TCP_OFOMERGE", "", ""]
    assert [discard.reason for discard in outcomes[4].discarded] == ["TCP_OFOMERGE"]  # 100-150
    assert all(len(outcome.segments) == 1 for outcome in outcomes)  # duplicate ACKs
    last = b.arrive(text(pair.b, pair.a, 95), now_ps)
    assert [segment.length for segment in last.delivered] == [95, 145, 60, 20]
    assert b.tcb.receiver.order.segments == []


def test_acks_of_what_was_never_sent_or_long_ago() -> None:
    pair = Pair(Parameters()).connected()
    b = pair.b.connection
    beyond = text(pair.b, pair.a, 5)
    beyond.ack = plus(beyond.ack, 1)
    outcome = b.arrive(beyond, pair.now_ps)
    assert outcome.reason == "TCP_ACK_UNSENT_DATA"
    assert not outcome.delivered
    beyond.ack = plus(b.tcb.sender.snd_una, -b.tcb.sender.max_wnd - 1)
    assert b.arrive(beyond, pair.now_ps + 600 * MS_PS).reason == "TCP_TOO_OLD_ACK"
    beyond.flags = 0
    assert b.arrive(beyond, pair.now_ps).reason == "TCP_FLAGS"


def test_time_wait_answers_a_fin_and_lets_a_newer_syn_in() -> None:
    pair = Pair(Parameters()).connected()
    pair.close(pair.a)
    pair.run(20 * MS_PS)
    pair.close(pair.b)
    pair.run(20 * MS_PS)
    a = pair.a.connection
    assert a.state is S.TIME_WAIT
    due_ps = a.due_ps
    fin = text(pair.a, pair.b, 0, -1, FIN | ACK)
    outcome = a.arrive(fin, pair.now_ps + 1000 * MS_PS)
    assert [told(segment) for segment in outcome.segments] == [
        f"<SEQ={a.tcb.sender.snd_nxt}><ACK={a.tcb.receiver.rcv_nxt}><CTL=ACK>"
    ]
    assert a.due_ps > due_ps
    assert reusable(a.tcb, text(pair.a, pair.b, 0, 1000, SYN))
    assert not reusable(a.tcb, text(pair.a, pair.b, 0, -1000, SYN))


def test_what_is_written_before_it_is_established_goes_with_the_first_ack() -> None:
    pair = Pair(Parameters())
    pair.open()
    pair.send(pair.a, b"early")
    pair.run(4 * DELAY_PS)
    assert pair.b.received == b"early"
    assert [segment.length for segment in pair.a.sent] == [0, 5]
