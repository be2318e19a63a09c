"""Selective acknowledgement: reports of the receiver, conclusions of the sender; RFC 2018, 6675."""

from hypothesis import given
from hypothesis import strategies as st

from kbview.emulator.protocol.tcp import Parameters, Segment
from kbview.emulator.protocol.tcp.header import header_length, read, write
from kbview.emulator.protocol.tcp.sack import MOST_BLOCKS, SackBlocks, Scoreboard
from kbview.emulator.protocol.tcp.sequence import plus
from kbview.packet.tcp import ACK, SYN
from tests.emulator.protocol.tcp.pair import DELAY_PS, MS_PS, Pair

MSS = 1460
NEAR_THE_WRAP = (1 << 32) - 40
BLOCKS = st.lists(
    st.tuples(st.integers(1, 79), st.integers(1, 20)).map(lambda each: (each[0], each[0] + each[1])),
    max_size=12,
)


def shifted(block: tuple[int, int]) -> tuple[int, int]:
    return plus(NEAR_THE_WRAP, block[0]), plus(NEAR_THE_WRAP, block[1])


def text(pair: Pair, segments: int) -> list[list[int]]:
    """Fates of so many segments of `pair.a`, all well; set an entry to [] to lose it."""
    fates = [[DELAY_PS] for _ in range(segments)]
    coming = iter(fates)
    pair.fate = lambda segment: next(coming, [DELAY_PS]) if segment.length else [DELAY_PS]
    return fates


def test_both_sides_must_permit_it() -> None:
    """RFC 2018, 2: the option stands in both SYNs, or no block is ever sent."""
    for other in (True, False):
        pair = Pair(Parameters(), Parameters(sack=other)).connected()
        text(pair, 10)[2] = []
        pair.send(pair.a, bytes(10 * MSS))
        pair.run(100 * MS_PS)
        assert pair.a.sent[0].sack_ok
        assert pair.b.sent[0].sack_ok is other
        assert any(segment.blocks for segment in pair.b.sent) is other
        assert pair.b.counted == 10 * MSS


def test_the_block_that_changed_last_is_reported_first() -> None:
    """RFC 2018, 4, with its example: segments 1 and 3 of eight arrive last, the others never."""
    told = SackBlocks()
    for start in (5500, 6500, 7500, 8500):
        told.add(start, start + 500)
    assert [*told.blocks] == [(8500, 9000), (7500, 8000), (6500, 7000), (5500, 6000)]
    told.add(6000, 6500)
    assert [*told.blocks] == [(5500, 7000), (8500, 9000), (7500, 8000)]
    told.add(100, 200)
    told.add(300, 400)
    assert len(told.blocks) == MOST_BLOCKS
    assert told.blocks[0] == (300, 400)
    told.advance(8000)
    assert [*told.blocks] == [(8500, 9000)]


@given(BLOCKS)
def test_blocks_and_scoreboard_hold_what_a_set_of_octets_holds(blocks: list[tuple[int, int]]) -> None:
    """Also across the wrap of sequence numbers."""
    told, board, octets = SackBlocks(), Scoreboard(10, NEAR_THE_WRAP), set[int]()
    most = 0
    for block in blocks:
        told.add(*shifted(block))
        board.add((shifted(block),), NEAR_THE_WRAP, plus(NEAR_THE_WRAP, 200))
        octets.update(range(*block))
        most = max(most, len(board.ranges))
    start, end = NEAR_THE_WRAP, plus(NEAR_THE_WRAP, 200)
    assert board.sacked(start, end) == len(octets)
    free = [number for number in range(200) if number not in octets]
    hole = board.hole(start, end)
    assert hole is not None
    assert hole[0] == plus(NEAR_THE_WRAP, free[0])
    reported = {number for number in range(200) for block in told.blocks if _within(number, block)}
    assert reported <= octets
    assert most > MOST_BLOCKS or reported == octets


def _within(number: int, block: tuple[int, int]) -> bool:
    start, end = ((edge - NEAR_THE_WRAP) % (1 << 32) for edge in block)
    return start <= number < end


@given(BLOCKS)
def test_text_is_lost_by_the_rule_of_the_rfc(blocks: list[tuple[int, int]]) -> None:
    """RFC 6675, 4, IsLost(): three separate ranges above it, or more than two segments of octets."""
    mss = 10
    board = Scoreboard(mss, 0)
    for block in blocks:
        board.add((block,), 0, 200)
    octets = {number for block in blocks for number in range(*block)}
    edge = board.lost_edge(0)
    for number in range(100):
        if number in octets:
            continue
        above = {each for each in octets if each > number}
        ranges = sum(each - 1 not in above for each in above)
        lost = ranges >= 3 or len(above) > 2 * mss
        assert lost is (number < edge)


def test_options_survive_the_header() -> None:
    """RFC 2018, 2 and 3: kinds 4 and 5; the header is a multiple of four bytes long."""
    for segment in (
        Segment(1, 0, SYN, mss=1460, wscale=7, sack_ok=True),
        Segment(1, 5, ACK, blocks=((10, 20), (30, 40), ((1 << 32) - 1, 3))),
        Segment(1, 5, ACK, blocks=((10, 20),)),
    ):
        header = write(segment, 1, 2)
        assert header_length(segment) == 20 + len(header.options)
        assert not len(header.options) % 4
        again = read(header, 0)
        assert (again.sack_ok, again.blocks) == (segment.sack_ok, segment.blocks)
        assert (again.mss, again.wscale) == (segment.mss, segment.wscale)


def test_one_ack_for_a_train_is_enough() -> None:
    """GRO passes up one packet for a train, so one ACK reports it; its block shows what is lost."""
    pair = Pair(Parameters()).connected()
    pair.fate = lambda _segment: []
    pair.send(pair.a, bytes(10 * MSS))
    sender, before = pair.a.connection.tcb.sender, len(pair.a.sent)
    una = sender.snd_una
    rcv_nxt = pair.a.connection.tcb.receiver.rcv_nxt
    ack = Segment(rcv_nxt, una, ACK, sender.snd_wnd >> sender.snd_wscale)
    ack.blocks = ((plus(una, MSS), plus(una, 10 * MSS)),)
    pair.act(pair.a, pair.a.connection.arrive(ack, pair.now_ps))
    repaired = pair.a.sent[before:]
    assert [(segment.seq, segment.again) for segment in repaired] == [(una, "fast")]
    assert sender.pipe == MSS


def test_all_losses_of_a_window_are_repaired_in_one_round_trip() -> None:
    """RFC 6675, 5: each ACK makes room for a repair. NewReno needs a round trip for each loss."""
    times = []
    for sack in (True, False):
        pair = Pair(Parameters(sack=sack, initial_window=40, rcvbuf=1 << 20)).connected()
        fates = text(pair, 40)
        for number in (3, 5, 7, 9):
            fates[number] = []
        began_ps = pair.now_ps
        pair.send(pair.a, bytes(40 * MSS))
        while pair.b.counted < 40 * MSS:
            pair.step()
        times.append((pair.now_ps - began_ps) / (2 * DELAY_PS))
        assert [segment.again for segment in pair.a.sent if segment.again] == ["fast"] * 4
    assert times == [1.5, 4.5]


def test_what_was_sacked_is_not_sent_again_after_a_timeout() -> None:
    """RFC 6675, 5.1: an octet that the peer reported is left out when the timer sends all again."""
    pair = Pair(Parameters()).connected()
    fates = text(pair, 12)
    for number in (0, 1, 10):  # the first two, and the first repair
        fates[number] = []
    pair.send(pair.a, bytes(10 * MSS))
    pair.run(2000 * MS_PS)
    assert pair.b.counted == 10 * MSS
    again = [segment.seq for segment in pair.a.sent if segment.again]
    assert len(again) <= 5
    assert "timeout" in {segment.again for segment in pair.a.sent}
    assert "TCP_OFOMERGE" not in pair.b.reasons
    assert "TCP_OLD_DATA" not in pair.b.reasons
