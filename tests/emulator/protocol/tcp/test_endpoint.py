"""A host with many connections: who is let in, what full queues do, and how TIME-WAIT makes way."""

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.protocol.tcp import ConnectionState, Parameters, Segment
from kbview.emulator.protocol.tcp.endpoint import Listener, TcpEndpoint
from kbview.emulator.protocol.tcp.sequence import plus
from kbview.packet.frame import Flow, Protocol
from kbview.packet.tcp import ACK, FIN, RST, SYN

S_PS = 10**12


def flow(port: int) -> Flow:
    return Flow(port, Protocol.TCP, "10.0.0.1", "10.0.0.2", port, 80, bytes(6), bytes(6), port * 7)


def listening(backlog: int = 4) -> tuple[TcpEndpoint, Listener]:
    listener = Listener(80, backlog)
    known = {80: listener}
    return TcpEndpoint(Parameters(), lambda flow: known.get(flow.destination_port), 99), listener


def shake(endpoint: TcpEndpoint, with_flow: Flow, now_ps: int = 0, seq: int = 1000) -> str:
    """SYN, and the ACK of the answer; returns why the ACK was dropped, if it was."""
    syn = endpoint.arrive(with_flow, Segment(seq, 0, SYN, 60_000), now_ps)
    if syn.outcome.reason:
        return syn.outcome.reason
    (answer,) = syn.outcome.segments
    ack = Segment(seq + 1, plus(answer.seq, 1), ACK, 60_000)
    return endpoint.arrive(with_flow, ack, now_ps).outcome.reason


def test_connections_are_told_apart_and_wait_to_be_accepted() -> None:
    endpoint, listener = listening()
    flows = [flow(5000), flow(5001)]
    assert [shake(endpoint, each) for each in flows] == ["", ""]
    assert [entry.flow for entry in listener.accept] == flows
    assert listener.half_open == 0
    numbers = {endpoint.entries[each].connection.tcb.sender.iss for each in flows}
    assert len(numbers) == 2


def test_a_full_accept_queue_keeps_a_handshake_half_open_until_there_is_room() -> None:
    """tcp_v4_syn_recv_sock: the ACK is dropped, the SYN-ACK is sent again by its timer."""
    endpoint, listener = listening(backlog=1)
    late = flow(5001)
    first = endpoint.arrive(late, Segment(7, 0, SYN, 60_000), 0)
    assert shake(endpoint, flow(5000)) == "TCP_LISTEN_OVERFLOW"  # one half open already
    ack = Segment(8, plus(first.outcome.segments[0].seq, 1), ACK, 60_000)
    assert endpoint.arrive(late, ack, 1).fresh
    assert len(listener.accept) == 1
    assert shake(endpoint, flow(5002)) == "TCP_LISTEN_OVERFLOW"
    listener.accept.clear()
    half = endpoint.arrive(flow(5003), Segment(7, 0, SYN, 60_000), 0)
    listener.accept.append(endpoint.entries[late])
    assert half.entry is not None
    ack = Segment(8, plus(half.outcome.segments[0].seq, 1), ACK, 60_000)
    assert endpoint.arrive(half.entry.flow, ack, 2).outcome.reason == "TCP_LISTEN_OVERFLOW"
    assert endpoint.due_ps == S_PS
    expired = endpoint.expire(S_PS)
    assert expired is not None
    assert [segment.again for segment in expired[1].segments] == ["timeout"]
    listener.accept.clear()
    assert endpoint.arrive(half.entry.flow, ack, 2 * S_PS).fresh
    assert listener.half_open == 0


def test_a_half_open_connection_that_is_reset_leaves_its_place() -> None:
    endpoint, listener = listening(backlog=1)
    peer = flow(5000)
    endpoint.arrive(peer, Segment(7, 0, SYN, 60_000), 0)
    assert listener.half_open == 1
    endpoint.arrive(peer, Segment(8, 0, RST), 0)
    assert listener.half_open == 0
    assert endpoint.entries == {}
    assert shake(endpoint, peer) == ""


def test_nobody_there() -> None:
    endpoint, _ = listening()
    other = flow(5000)
    other.destination_port = 81
    arrived = endpoint.arrive(other, Segment(5, 0, SYN), 0)
    assert arrived.outcome.reason == "NO_SOCKET"
    assert [segment.flags for segment in arrived.outcome.segments] == [RST | ACK]
    stray = endpoint.arrive(flow(5000), Segment(5, 9, ACK), 0)
    assert stray.outcome.reason == "TCP_FLAGS"
    assert stray.outcome.segments[0].seq == 9


def test_time_wait_is_small_answers_and_makes_way() -> None:
    endpoint, listener = listening()
    peer = flow(5000)
    shake(endpoint, peer)
    entry = listener.accept.popleft()
    tcb = entry.connection.tcb
    entry.connection.close(0)
    endpoint.settle(entry)
    fin = Segment(1001, tcb.sender.snd_nxt, FIN | ACK, 60_000)
    assert [told.flags for told in endpoint.arrive(peer, fin, 0).outcome.segments] == [ACK]
    assert peer not in endpoint.entries
    assert endpoint.waits[peer].due_ps == 60 * S_PS
    assert endpoint.due_ps == NEVER_PS
    again = endpoint.arrive(peer, fin, 5 * S_PS).outcome
    assert [told.ack for told in again.segments] == [1002]
    assert endpoint.waits[peer].due_ps == 65 * S_PS
    assert endpoint.arrive(peer, Segment(500, 0, SYN), 6 * S_PS).entry is None
    assert shake(endpoint, peer, 7 * S_PS, seq=5000) == ""
    assert endpoint.waits == {}
    assert endpoint.entries[peer].connection.state is ConnectionState.ESTABLISHED


def test_time_wait_ends() -> None:
    endpoint, listener = listening()
    shake(endpoint, flow(5000))
    entry = listener.accept.popleft()
    entry.connection.close(0)
    endpoint.settle(entry)
    endpoint.arrive(flow_of(endpoint), Segment(1001, entry.connection.tcb.sender.snd_nxt, FIN | ACK), 0)
    assert len(endpoint.waits) == 1
    assert endpoint.expire(59 * S_PS) is None
    assert len(endpoint.waits) == 1
    assert endpoint.expire(61 * S_PS) is None
    assert endpoint.waits == {}


def flow_of(endpoint: TcpEndpoint) -> Flow:
    (only,) = endpoint.entries
    return only
