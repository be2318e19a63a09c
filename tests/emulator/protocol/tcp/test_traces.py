"""Recorded connections, segment by segment, into a machine that listens in the recorded host's place.

What the recorded host sent is what the machine's user does: it writes as much, and closes where the
host sent its FIN. The machine's own segments go nowhere; its first number is the recorded one.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from kbview.emulator.protocol.tcp import Connection, ConnectionState, Outcome, Parameters, Segment
from kbview.emulator.protocol.tcp import header as tcp_header
from kbview.emulator.protocol.tcp.sequence import distance, plus
from kbview.packet import ethernet, ipv4, tcp
from kbview.packet.capture import open_capture
from kbview.packet.malformed import MalformedPacketError
from kbview.packet.tcp import ACK, FIN, SYN
from tests.traces import TRACES

pytestmark = pytest.mark.skipif(not TRACES.exists(), reason="the shared traces are not here")


class Heard(NamedTuple):
    time_ps: int
    source: tuple[bytes, int]
    destination: tuple[bytes, int]
    segment: Segment


def heard(name: str) -> Iterator[Heard]:
    """All TCP segments of a capture over plain IPv4, also where only the header was captured."""
    with open_capture(str(TRACES / name)) as capture:
        for time_ps, length, _, data in capture.records():
            _, packet = ethernet.parse(data)
            try:
                header, rest = ipv4.parse(packet + bytes(max(0, length - len(data))))
            except MalformedPacketError:
                continue  # one frame of reassembly.pcap is shorter than it says
            if header.protocol != ipv4.IPPROTO_TCP or header.fragment:
                continue
            head, payload = tcp.parse(rest)
            yield Heard(
                time_ps,
                (header.source, head.source_port),
                (header.destination, head.destination_port),
                tcp_header.read(head, len(payload)),
            )


class Replayed:
    """The machine, and what became of all that was sent to it."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.delivered = 0
        self.arrived = 0
        self.ended: Counter[str] = Counter()
        self.states: list[ConnectionState] = []
        self.out: list[Segment] = []

    def note(self, outcome: Outcome, now_ps: int) -> None:
        self.states += [after for _, after in outcome.changes]
        self.out += outcome.segments
        self.ended.update(discard.reason for discard in outcome.discarded)
        self.ended["delivered"] += len(outcome.delivered)
        self.delivered += sum(segment.length for segment in outcome.delivered)
        read = sum(segment.length for segment in outcome.delivered)
        if read and self.connection is not None:
            self.note(self.connection.read(read, now_ps), now_ps)

    def user(self, segment: Segment, now_ps: int) -> None:
        """The recorded host sent this: do what its user must have done."""
        machine = self.connection
        if machine is None or machine.state not in (
            ConnectionState.ESTABLISHED,
            ConnectionState.CLOSE_WAIT,
        ):
            return
        sender = machine.tcb.sender
        new = distance(sender.snd_end, plus(segment.seq, segment.length))
        if new > 0 and not segment.flags & SYN:
            self.note(machine.send(new, now_ps), now_ps)
        if segment.flags & FIN and machine.state in (
            ConnectionState.ESTABLISHED,
            ConnectionState.CLOSE_WAIT,
        ):
            self.note(machine.close(now_ps), now_ps)

    def arrive(self, segment: Segment, now_ps: int) -> None:
        machine = self.connection
        assert machine is not None
        while machine.due_ps <= now_ps:
            self.note(machine.expire(machine.due_ps), now_ps)
        outcome = machine.arrive(segment, now_ps)
        self.arrived += 1
        assert not (outcome.reason and outcome.held)
        if outcome.reason:
            self.ended[outcome.reason] += 1
        elif not segment.span or segment.flags & SYN:
            self.ended["consumed"] += 1
        self.note(outcome, now_ps)


def replay(name: str) -> dict[tuple[tuple[bytes, int], tuple[bytes, int]], Replayed]:
    """Each connection that begins with a SYN in this capture, from the side that was called."""
    segments = list(heard(name))
    began_ps = segments[0].time_ps
    numbers = {
        (each.destination, each.source): each.segment.seq
        for each in segments
        if each.segment.flags & (SYN | ACK) == SYN | ACK
    }
    found: dict[tuple[tuple[bytes, int], tuple[bytes, int]], Replayed] = {}
    for each in segments:
        key = (each.source, each.destination)
        if key in found:
            found[key].arrive(each.segment, each.time_ps - began_ps)
        elif (each.destination, each.source) in found:
            found[each.destination, each.source].user(each.segment, each.time_ps - began_ps)
        elif each.segment.flags & (SYN | ACK) == SYN and key in numbers:
            made = found[key] = Replayed()
            made.connection = Connection(Parameters(), numbers[key])
            made.note(made.connection.listen(), each.time_ps - began_ps)
            made.arrive(each.segment, each.time_ps - began_ps)
    return found


@pytest.mark.parametrize(
    ("name", "delivered", "end", "odd"),
    [
        ("handshake-reorder.pcap", 136, ConnectionState.CLOSED, {}),
        ("retransmit-fast009.pcap", 474, ConnectionState.CLOSED, {"TCP_RESET": 1}),
        # The segment after 274 bytes is the one whose frame is too short, so all that follows is held.
        ("reassembly.pcap", 274, ConnectionState.FIN_WAIT_2, {"TCP_OFOMERGE": 9}),
        ("ssh-dups.pcap", 3705, ConnectionState.CLOSED, {"TCP_OLD_DATA": 74, "TCP_CLOSE": 3}),
        ("truncated-header.pcap", 128, ConnectionState.TIME_WAIT, {}),
    ],
)
def test_sane_counts(name: str, delivered: int, end: ConnectionState, odd: dict[str, int]) -> None:
    """Every segment has one end; what is delivered is the peer's text up to the first gap."""
    (each,) = replay(name).values()
    assert each.connection is not None
    held = len(each.connection.tcb.receiver.order.segments)
    assert sum(each.ended.values()) + held == each.arrived
    assert each.delivered == delivered
    assert each.states[-1] is end
    assert {reason: count for reason, count in each.ended.items() if reason.isupper()} == odd
