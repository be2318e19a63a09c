"""Losses, timers and windows: what is sent again, when, and how much may be out."""

from itertools import pairwise

import pytest

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.protocol.tcp import ConnectionState, Parameters, Segment
from kbview.emulator.protocol.tcp.rto import Rto
from tests.emulator.protocol.tcp.pair import DELAY_PS, MS_PS, Pair

S_PS = 1000 * MS_PS
MSS = 1460


def losing(*numbers: int) -> "list[list[int]]":
    """Fates of segments, of which those with these numbers are lost."""
    return [[] if number in numbers else [DELAY_PS] for number in range(max(numbers) + 1)]


def meet(pair: Pair, fates: list[list[int]], *, only_text: bool = True) -> None:
    coming = iter(fates)

    def fate(segment: Segment) -> list[int]:
        if only_text and not segment.length:
            return [DELAY_PS]
        return next(coming, [DELAY_PS])

    pair.fate = fate


def again(pair: Pair) -> list[str]:
    return [segment.again for segment in pair.a.sent if segment.again]


def test_rfc_6298_the_timeout_follows_round_trips() -> None:
    rto = Rto(Parameters(rto_min_ps=0))
    assert rto.rto_ps == S_PS
    rto.measured(100 * MS_PS)
    assert rto.rto_ps == 300 * MS_PS  # R + 4 * R/2
    for _ in range(100):
        rto.measured(100 * MS_PS)
    assert 100 * MS_PS <= rto.rto_ps < 110 * MS_PS
    rto.back_off()
    rto.back_off()
    assert rto.rto_ps > 400 * MS_PS
    rto.measured(100 * MS_PS)
    assert rto.rto_ps < 110 * MS_PS


def test_a_lost_segment_alone_needs_the_timer() -> None:
    pair = Pair(Parameters()).connected()
    meet(pair, losing(0))
    began_ps = pair.now_ps
    pair.send(pair.a, bytes(500))
    pair.run(300 * MS_PS)
    assert again(pair) == ["timeout"]
    assert pair.b.counted == 500
    assert pair.now_ps - began_ps >= 200 * MS_PS
    assert pair.a.connection.tcb.sender.congestion.cwnd <= 2 * MSS


@pytest.mark.parametrize(("sack", "segments"), [(False, 2), (True, 4)])
def test_three_duplicates_send_it_again_fast(sack: bool, segments: int) -> None:
    """Before any timer: RFC 5681, 3.2. The window is halved, not closed.

    Without SACK no burst leaves where nothing is out any more (RFC 6582, 3.2); with SACK the window is
    the threshold (RFC 6675, 5).
    """
    pair = Pair(Parameters(sack=sack)).connected()
    meet(pair, losing(2))
    pair.send(pair.a, bytes(10 * MSS))
    pair.run(100 * MS_PS)
    assert again(pair) == ["fast"]
    assert pair.b.counted == 10 * MSS
    congestion = pair.a.connection.tcb.sender.congestion
    assert not congestion.recovering
    assert congestion.ssthresh == 4 * MSS  # half of the eight that were out
    assert congestion.cwnd == segments * MSS


@pytest.mark.parametrize("sack", [False, True])
def test_several_losses_of_one_window_are_repaired_without_the_timer(sack: bool) -> None:
    pair = Pair(Parameters(sack=sack)).connected()
    meet(pair, losing(1, 3, 5))
    pair.send(pair.a, bytes(10 * MSS))
    pair.run(150 * MS_PS)
    assert again(pair) == ["fast"] * 3
    assert pair.b.counted == 10 * MSS


def test_reordering_by_less_than_three_is_no_loss() -> None:
    pair = Pair(Parameters()).connected()
    meet(pair, [[DELAY_PS + 2 * MS_PS]])
    for _ in range(3):
        pair.send(pair.a, bytes(MSS))
        pair.run(MS_PS // 2)
    pair.run(500 * MS_PS)
    assert pair.b.counted == 3 * MSS
    assert again(pair) == []


def test_slow_start_doubles_each_round_trip() -> None:
    pair = Pair(Parameters(rcvbuf=4_000_000, quick_acks=10_000)).connected()
    pair.send(pair.a, bytes(100 * MSS))
    burst = []
    for _ in range(4):
        burst.append(sum(1 for segment in pair.a.sent if segment.length))
        pair.run(2 * DELAY_PS)
    assert [after - before for before, after in pairwise(burst)] == [20, 40, 30]
    assert burst[0] == 10  # RFC 6928


def test_give_up_after_enough_timeouts() -> None:
    pair = Pair(Parameters(retries=4, syn_retries=2)).connected()
    pair.fate = lambda _segment: []
    pair.send(pair.a, bytes(10))
    pair.run()
    assert pair.a.errors == ["ETIMEDOUT"]
    assert again(pair) == ["timeout"] * 4
    silent = Pair(Parameters(syn_retries=2))
    silent.fate = lambda _segment: []
    silent.open()
    silent.run()
    assert silent.a.errors == ["ETIMEDOUT"]
    assert len(silent.a.sent) == 3
    assert silent.now_ps == 7 * S_PS  # 1 + 2 + 4


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_lost_segment_of_the_handshake(lost: int) -> None:
    """SYN, SYN-ACK, or the last ACK: the timer repairs each; a lost SYN costs the initial window."""
    pair = Pair(Parameters())
    meet(pair, losing(lost), only_text=False)
    pair.open()
    pair.run(5 * S_PS)
    assert pair.a.connection.state is ConnectionState.ESTABLISHED
    assert pair.b.connection.state is ConnectionState.ESTABLISHED
    if lost == 0:
        assert pair.a.connection.tcb.sender.congestion.cwnd == MSS
        assert pair.a.connection.tcb.sender.rto.rto_ps == 3 * S_PS


def test_a_closed_window_is_probed_until_it_opens() -> None:
    pair = Pair(Parameters(), Parameters(rcvbuf=5000)).connected()
    pair.b.reading = False
    pair.send(pair.a, bytes(20_000))
    pair.run(3 * S_PS)
    assert pair.b.unread == 5000
    assert pair.a.connection.tcb.sender.snd_wnd == 0
    probes = again(pair)
    assert set(probes) == {"probe"}
    assert len(probes) >= 3
    assert set(pair.b.reasons) == {"TCP_ZEROWINDOW"}
    pair.b.reading = True
    pair.b.unread = 0
    pair.act(pair.b, pair.b.connection.read(5000, pair.now_ps))
    pair.run(S_PS)
    assert pair.b.counted == 20_000
    assert pair.a.connection.due_ps == NEVER_PS


def test_a_lost_window_update_is_found_by_a_probe() -> None:
    pair = Pair(Parameters(), Parameters(rcvbuf=5000)).connected()
    pair.b.reading = False
    pair.send(pair.a, bytes(9000))
    pair.run(S_PS)
    pair.fate = lambda _segment: []
    pair.b.reading = True
    pair.b.unread = 0
    pair.act(pair.b, pair.b.connection.read(5000, pair.now_ps))
    pair.fate = lambda _segment: [DELAY_PS]
    pair.run(10 * S_PS)
    assert pair.b.counted == 9000


def test_the_window_never_shrinks_and_its_scale_is_agreed() -> None:
    pair = Pair(Parameters(rcvbuf=1_000_000), Parameters(rcvbuf=300_000)).connected()
    assert pair.a.connection.tcb.sender.snd_wscale == 3
    assert pair.b.connection.tcb.sender.snd_wscale == 4
    pair.b.reading = False
    edges = []
    for _ in range(40):
        pair.send(pair.a, bytes(10_000))
        pair.run(20 * MS_PS)
        edges.append(pair.b.connection.tcb.receiver.rcv_adv)
    assert edges == sorted(edges)
    plain = Pair(Parameters(rcvbuf=1_000_000), Parameters(window_scaling=False)).connected()
    assert plain.a.connection.tcb.sender.snd_wscale == plain.b.connection.tcb.sender.snd_wscale == 0


def test_acks_wait_for_a_second_segment_or_a_moment() -> None:
    """RFC 1122, 4.2.3.2."""
    pair = Pair(Parameters()).connected()
    before = len(pair.b.sent)
    pair.send(pair.a, bytes(MSS))
    pair.run(20 * MS_PS)
    assert len(pair.b.sent) == before
    pair.run(40 * MS_PS)
    assert len(pair.b.sent) == before + 1
    pair.send(pair.a, bytes(4 * MSS))
    pair.run(10 * MS_PS)
    assert len(pair.b.sent) == before + 3


def test_quick_acks_end_with_the_first_answer() -> None:
    """Linux, tcp_in_quickack_mode(): a connection begins with quick ACKs; after an answer they go with
    the next answers (pingpong mode), until no answer has come within the delay."""
    pair = Pair(Parameters(quick_acks=16)).connected()

    def acks_after(text: int, run_ms: int) -> int:
        before = len(pair.b.sent)
        pair.send(pair.a, bytes(text))
        pair.run(run_ms * MS_PS)
        return len(pair.b.sent) - before

    assert acks_after(100, 10) == 1
    pair.send(pair.b, bytes(50))
    pair.run(20 * MS_PS)
    assert acks_after(100, 10) == 0
    pair.run(60 * MS_PS)  # the delayed ACK
    assert acks_after(100, 10) == 1


@pytest.mark.parametrize("waits", [True, False])
def test_an_ack_that_would_take_back_window_waits_for_the_reader(waits: bool) -> None:
    """Linux, __tcp_ack_snd_check(), tcp_cleanup_rbuf(): the ACK of a read has the whole window."""
    pair = Pair(Parameters(acks_when_read=waits)).connected()
    pair.b.reading = False
    before = len(pair.b.sent)
    pair.send(pair.a, bytes(6 * MSS))
    pair.run(6 * MS_PS)
    assert len(pair.b.sent) - before == (0 if waits else 3)
    pair.act(pair.b, pair.b.connection.read(6 * MSS, pair.now_ps))
    last = pair.b.sent[-1]
    assert last.ack == pair.a.connection.tcb.sender.snd_nxt
    receiver = pair.b.connection.tcb.receiver
    assert (last.window << receiver.rcv_wscale >= 65_535) is waits


def test_nagle_holds_small_segments_only_when_it_is_on() -> None:
    for nagle, segments in ((False, 5), (True, 2)):
        pair = Pair(Parameters(nagle=nagle)).connected()
        for _ in range(5):
            pair.send(pair.a, bytes(10))
        pair.run(500 * MS_PS)
        assert pair.b.counted == 50
        assert sum(1 for segment in pair.a.sent if segment.length) == segments


def test_segments_are_as_long_as_the_peer_allows() -> None:
    pair = Pair(Parameters(mss=1460), Parameters(mss=536)).connected()
    pair.send(pair.a, bytes(3000))
    pair.send(pair.b, bytes(3000))
    pair.run(S_PS)
    assert max(segment.length for segment in pair.a.sent + pair.b.sent) == 536
    assert (pair.a.counted, pair.b.counted) == (3000, 3000)
