"""TCP delivers exactly the bytes sent, in order, under any loss, repetition and reordering."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbview.emulator.protocol.tcp import ConnectionState, Parameters, Segment
from kbview.emulator.protocol.tcp.sequence import after, distance
from tests.emulator.protocol.tcp.pair import DELAY_PS, MS_PS, Pair, Side

TEXT = bytes(number * 151 % 251 for number in range(60_000))
ENDS = (ConnectionState.CLOSED, ConnectionState.TIME_WAIT)

# What becomes of a segment: lost, on time, late behind others, twice, or once more much later.
FATES = [[], [DELAY_PS], [DELAY_PS], [DELAY_PS * 9], [DELAY_PS, DELAY_PS], [DELAY_PS, 700 * MS_PS]]

parameters = st.builds(
    Parameters,
    mss=st.sampled_from([1, 100, 1460]),
    rcvbuf=st.sampled_from([1, 150, 3000, 131_072]),
    window_scaling=st.booleans(),
    nagle=st.booleans(),
    sack=st.booleans(),
    quick_acks=st.sampled_from([0, 16]),
    pingpong=st.booleans(),
    acks_when_read=st.booleans(),
    initial_window=st.sampled_from([1, 10]),
    retries=st.just(150),  # nobody gives up
    syn_retries=st.just(150),
)


def check_invariants(pair: Pair) -> None:
    for side in (pair.a, pair.b):
        tcb = side.connection.tcb
        assert tcb.sender.flight >= 0
        assert distance(tcb.sender.snd_una, tcb.sender.resend) >= 0 or not tcb.sender.snd_end
        held = tcb.receiver.order.segments
        assert all(after(segment.end, tcb.receiver.rcv_nxt) for segment in held)
        assert all(after(b.seq, a.seq) and after(b.end, a.end) for a, b in pairwise(held))
        assert tcb.receiver.room >= 0 or tcb.parameters.rcvbuf < 128


class User:
    """Writes its texts one after the other, then closes: at once, or when the peer has."""

    def __init__(self, pair: Pair, side: Side, texts: list[bytes], patient: bool) -> None:
        self.pair, self.side, self.texts, self.patient = pair, side, texts, patient
        self.left = list(texts)
        self.closed = False

    def act(self) -> None:
        state = self.side.connection.state
        writable = state in (ConnectionState.ESTABLISHED, ConnectionState.CLOSE_WAIT)
        if self.left and (writable or state is ConnectionState.SYN_SENT):
            self.pair.send(self.side, self.left.pop(0))
        elif writable and not self.closed and (self.side.finished or not self.patient):
            self.closed = True
            self.pair.close(self.side)


def converse(pair: Pair, users: tuple[User, User]) -> None:
    """Run until both have written and closed and nothing is left to come."""
    pair.open()
    for _ in range(100_000):
        check_invariants(pair)
        for user in users:
            user.act()
        if all(side.connection.state in ENDS for side in (pair.a, pair.b)):
            return
        pair.step()
    raise AssertionError("it does not end")


@settings(max_examples=60, deadline=None)
@given(
    one=parameters,
    other=parameters,
    iss=st.sampled_from([0, 100, 0xFFFFFFFF, 0xFFFFF000, 0x7FFFFF00]),
    there=st.lists(st.integers(1, 400), max_size=8),
    back=st.lists(st.integers(1, 400), max_size=8),
    fates=st.lists(st.sampled_from(FATES), max_size=120),
    patient=st.booleans(),
)
def test_all_bytes_in_order_whatever_the_wire_does(
    one: Parameters,
    other: Parameters,
    iss: int,
    there: list[int],
    back: list[int],
    fates: list[list[int]],
    patient: bool,
) -> None:
    """The first segments meet their fates, those after them arrive: so it must come to an end."""
    pair = Pair(one, other, iss)
    coming = iter(fates)
    pair.fate = lambda _segment: next(coming, [DELAY_PS])
    a = User(pair, pair.a, [TEXT[:length] for length in there], False)
    b = User(pair, pair.b, [TEXT[7 : 7 + length] for length in back], patient)
    converse(pair, (a, b))
    assert not pair.a.errors + pair.b.errors
    assert pair.b.received == b"".join(a.texts)
    assert pair.a.received == b"".join(b.texts)
    assert pair.a.acknowledged == len(pair.b.received)
    assert pair.b.acknowledged == len(pair.a.received)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("loss", [0.0, 0.05, 0.3])
def test_bulk_under_steady_loss(seed: int, loss: float) -> None:
    generator = random.Random(seed)

    def fate(_segment: Segment) -> list[int]:
        jitter = generator.randrange(3) * MS_PS
        return [] if generator.random() < loss else [DELAY_PS + jitter]

    pair = Pair(Parameters())
    pair.open()
    pair.fate = fate
    pair.run(30_000 * MS_PS)
    assert pair.a.connection.state is ConnectionState.ESTABLISHED
    for _ in range(4):
        pair.send(pair.a, TEXT)
    pair.close(pair.a)
    pair.run()
    assert pair.b.received == TEXT * 4
    assert pair.a.acknowledged == len(TEXT) * 4


def unread(side: Side) -> int:
    return side.connection.tcb.parameters.rcvbuf - side.connection.tcb.receiver.room


@given(
    takes=st.lists(st.integers(1, 5000), max_size=30), rcvbuf=st.sampled_from([2000, 10_000, 65_536])
)
@settings(max_examples=60, deadline=None)
def test_a_slow_reader_never_gets_more_than_fits(takes: list[int], rcvbuf: int) -> None:
    pair = Pair(Parameters(), Parameters(rcvbuf=rcvbuf)).connected()
    pair.b.reading = False
    pair.send(pair.a, TEXT)
    for take in takes:
        pair.run(300 * MS_PS)
        assert unread(pair.b) <= rcvbuf
        taken = min(take, pair.b.unread)
        pair.b.unread -= taken
        pair.act(pair.b, pair.b.connection.read(taken, pair.now_ps))
    pair.b.reading = True
    pair.act(pair.b, pair.b.connection.read(0, pair.now_ps))
    pair.run(400_000 * MS_PS)
    assert pair.b.received == TEXT
