"""GRO: which packets become one, that nothing is lost or changed by it, and what it spares."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbview.emulator.emulation import Emulation
from kbview.emulator.hardware.core import Core
from kbview.emulator.kernel.device.gro import Gro
from kbview.emulator.kernel.skb import charge, skbs
from kbview.emulator.protocol.gro_rules import Train, look_at
from kbview.emulator.protocol.tcp import Parameters, Segment
from kbview.emulator.protocol.tcp.header import frame_length, segment_of
from kbview.emulator.scenario import SYNTHETIC_HOST
from kbview.emulator.settings import Settings
from kbview.emulator.traffic.flows import client_flow
from kbview.packet.frame import Flow, Frame, Protocol, parts
from kbview.packet.tcp import ACK, FIN, PSH, SYN, URG
from kbview.sources.emulated import profile
from tests.emulator.protocol.tcp.pair import MS_PS, Pair, Side
from tests.emulator.protocol.tcp.test_delivery import FATES, TEXT, User, converse, parameters

FLOW = client_flow(Protocol.TCP, 0, 80)
UDP_FLOW = client_flow(Protocol.UDP, 0, 9000)
MSS = 1448


def quiet() -> Emulation:
    return Emulation(profile.load("xdp18"), Settings(), SYNTHETIC_HOST, iter(()), "kernel")


@dataclass
class Poll:
    """A poll of one device, of which only GRO is looked at."""

    gro: Gro
    core: Core
    numbers: Iterator[int]

    def give(self, segment: Segment, flow: Flow = FLOW) -> list[Frame]:
        length = frame_length(segment)
        frame = Frame(0, next(self.numbers), length, flow, segment.length, segment.flags, "", segment)
        return self.taken() if self.gro.receive(self.core, frame) else []

    def taken(self) -> list[Frame]:
        up = self.gro.take_up()
        for frame in up:
            self.gro.go(frame)
        return up

    def end(self, *, complete: bool = True) -> list[Frame]:
        self.gro.flush(self.core, complete=complete)
        return self.taken()


def nowhere(_core: Core, _frame: Frame) -> None:
    """Layers above that take nothing: these tests take packets off `up` themselves."""


def poll(*, udp: bool = False, hz: int = 250) -> Poll:
    machine = quiet()._machine
    return Poll(Gro(machine, nowhere, udp=udp, hz=hz), machine.cores[0], count())


def trains(segments: list[Segment]) -> list[list[int]]:
    """What a poll that ends after these makes of them, by their places."""
    one = poll()
    up = [frame for segment in segments for frame in one.give(segment)] + one.end()
    assert one.gro.held == one.gro.buffers == 0
    return [[part.packet for part in parts(frame)] for frame in up]


def text(seq: int, length: int = MSS, flags: int = ACK, **more: int) -> Segment:
    return Segment(seq, more.get("ack", 7), flags, more.get("window", 100), length)


@pytest.mark.parametrize(
    ("second", "together"),
    [
        (text(1000 + MSS), True),
        (text(1000 + MSS, 100), True),
        (text(1000 + MSS, flags=ACK | PSH), True),
        (text(1000 + MSS, flags=ACK | FIN), True),
        (text(1000 + MSS, MSS + 1), False),
        (text(1001 + MSS), False),
        (text(1000), False),
        (text(1000 + MSS, ack=8), False),
        (text(1000 + MSS, window=99), False),
        (text(1000 + MSS, flags=ACK | URG), False),
        (text(1000 + MSS, flags=ACK | SYN), False),
        (text(1000 + MSS, 0), False),
    ],
)
def test_what_may_follow(second: Segment, *, together: bool) -> None:
    """net/ipv4/tcp_offload.c tcp_gro_receive(): next, alike, no longer; PSH and FIN may differ."""
    assert trains([text(1000), second]) == ([[0, 1]] if together else [[0], [1]])


@pytest.mark.parametrize(
    "last",
    [text(1000 + MSS, 100), text(1000 + MSS, flags=ACK | PSH), text(1000 + MSS, flags=ACK | FIN)],
)
def test_what_ends_a_train_is_merged_and_nothing_behind_it(last: Segment) -> None:
    behind = text(last.end)
    assert trains([text(1000), last, behind]) == [[0, 1], [2]]


def test_a_first_segment_that_ends_something_waits_for_nobody() -> None:
    assert trains([text(1000, flags=ACK | PSH), text(1000 + MSS)]) == [[0], [1]]


def test_sequence_numbers_wrap() -> None:
    first = 0x100000000 - MSS
    assert trains([text(first), text(0), text(MSS)]) == [[0, 1, 2]]


def test_no_more_than_64_kilobytes() -> None:
    """Headers included: 45 segments of 1448 bytes are 65,160, and 40 of the header."""
    up = trains([text(1000 + number * MSS) for number in range(64)])
    assert [len(train) for train in up] == [45, 19]


def test_the_oldest_of_nine_flows_in_a_bucket_gives_way() -> None:
    """MAX_GRO_SKBS = 8 in each of 8 buckets, by the flow's hash."""
    flows = [client_flow(Protocol.TCP, number, 80) for number in range(300)]
    alike = [flow for flow in flows if not flow.rss_hash % 8][:9]
    one = poll()
    for flow in alike:
        one.give(text(1), flow)
    assert [frame.flow for frame in one.taken()] == alike[:1]
    assert len(one.end()) == 8


def test_who_passes_comes_behind_what_was_held_of_its_flow() -> None:
    assert trains([text(1000), text(1000 + MSS), text(1000 + 2 * MSS, 0), text(1000 + 2 * MSS)]) == [
        [0, 1],
        [2],
        [3],
    ]


@pytest.mark.parametrize(("hz", "kept"), [(1000, True), (250, False)])
def test_a_poll_that_used_up_its_weight_keeps_the_young(hz: int, kept: bool) -> None:
    """net/core/dev.c: napi_gro_flush(n, HZ >= 1000); what is older than a jiffy goes all the same."""
    one = poll(hz=hz)
    one.give(text(1000))
    assert bool(one.end(complete=False)) is not kept
    one.core.now_ps += 10**12 // hz
    assert bool(one.end(complete=False)) is kept


def test_what_goes_up_is_one_segment_with_all_its_text() -> None:
    one = poll()
    texts = [bytes([number]) * MSS for number in range(3)]
    for number, data in enumerate(texts):
        one.give(Segment(50 + number * MSS, 7, ACK, 100, MSS, data))
    one.give(Segment(50 + 3 * MSS, 7, ACK | PSH, 100, 2, b"zz"))
    (frame,) = one.taken() + one.end()
    segment = segment_of(frame)
    assert segment is not None
    assert segment.data == b"".join([*texts, b"zz"])
    assert (segment.seq, segment.length, segment.flags) == (50, 3 * MSS + 2, ACK | PSH)
    assert (frame.payload, segment.unit, segment.carrier) == (segment.length, MSS, frame)


@pytest.mark.parametrize(("length", "packets", "kept"), [(1448, 18, 1), (1448, 19, 2), (8948, 4, 2)])
def test_memory_is_charged_by_buffers(length: int, packets: int, kept: int) -> None:
    """skb_gro_receive(): 17 fragments hang on one sk_buff, what does not fit on another behind it."""
    one = poll()
    for number in range(packets):
        one.give(text(1000 + number * length, length))
    (frame,) = one.end()
    assert len(skbs(frame)) == kept
    buffers = -(-parts(frame)[0].length // 2048)
    assert charge(frame) == 2048 * buffers * packets + 256 * kept


# ---- datagrams -------------------------------------------------------------------------------


def datagram(payload: int, number: int) -> Frame:
    return Frame(0, number, max(64, 46 + payload), UDP_FLOW, payload)


@pytest.mark.parametrize(
    ("payloads", "expected"),
    [
        ([1000] * 4, [4]),
        ([1000, 1000, 400, 400], [3, 1]),
        ([400, 1000, 1000], [1, 2]),
        ([100] * 70, [64, 6]),
        ([1472] * 50, [44, 6]),
        ([0, 0], [1, 1]),
    ],
)
def test_datagrams_of_one_size_are_merged(payloads: list[int], expected: list[int]) -> None:
    """net/ipv4/udp_offload.c: at most UDP_GRO_CNT_MAX = 64; a shorter one is the last."""
    one = poll(udp=True)
    up: list[Frame] = []
    for number, payload in enumerate(payloads):
        if one.gro.receive(one.core, datagram(payload, number)):
            up += one.taken()
    assert [len(parts(frame)) for frame in up + one.end()] == expected


# ---- what TCP makes of it --------------------------------------------------------------------


class Merging(Pair):
    """Segments that come to the same side at the same moment go through a poll with GRO."""

    def __init__(self, one: Parameters, other: Parameters | None = None, iss: int = 100) -> None:
        super().__init__(one, other, iss)
        self.polls: dict[int, Poll] = {id(side): poll() for side in (self.a, self.b)}
        self.merged = 0

    def step(self) -> None:
        due_ps = self.due_ps()
        if not self._wire or self._wire[0][0] > due_ps:
            super().step()
            return
        self.now_ps = max(self.now_ps, due_ps)
        _, _, side, segment = heappop(self._wire)
        one = self.polls[id(side)]
        up = one.give(segment)
        while self._wire and self._wire[0][0] == due_ps and self._wire[0][2] is side:
            up += one.give(heappop(self._wire)[3])
        for frame in up + one.end():
            whole = segment_of(frame)
            assert whole is not None
            self.merged += len(parts(frame)) - 1
            self.act(side, side.connection.arrive(whole, self.now_ps))


@settings(max_examples=20, deadline=None)
@given(
    one=parameters,
    iss=st.sampled_from([100, 0xFFFFF000]),
    there=st.lists(st.integers(1, 4000), max_size=6),
    back=st.lists(st.integers(1, 400), max_size=4),
    fates=st.lists(st.sampled_from(FATES), max_size=60),
)
def test_all_bytes_in_order_with_and_without(
    one: Parameters, iss: int, there: list[int], back: list[int], fates: list[list[int]]
) -> None:
    """Lost, late, twice: the text is the same, whoever put segments together on the way."""
    read: list[tuple[bytes, bytes]] = []
    for kind in (Pair, Merging):
        pair = kind(one, None, iss)
        coming = iter(fates)
        pair.fate = lambda _, coming=coming: next(coming, [MS_PS])  # type: ignore[misc]
        length = min(one.mss * 40, 9000)
        a = User(pair, pair.a, [TEXT[: min(each, length)] for each in there], False)
        b = User(pair, pair.b, [TEXT[7 : 7 + min(each, length)] for each in back], True)
        converse(pair, (a, b))
        assert pair.b.received == b"".join(a.texts)
        read.append((pair.a.received, pair.b.received))
    assert read[0] == read[1]


def test_one_acknowledgement_for_all_that_was_merged() -> None:
    """Linux: rcv_mss is gso_size, so an sk_buff of two segments or more is acknowledged at once."""
    acks: list[int] = []
    for kind in (Pair, Merging):
        pair = kind(Parameters(initial_window=40)).connected()
        pair.send(pair.a, TEXT)
        pair.run(20 * MS_PS)
        assert pair.b.received == TEXT
        acks.append(_acks(pair.b))
    assert acks[0] >= len(TEXT) / 1460 / 2
    assert acks[1] <= 3  # one a burst, and one that tells of the window


def _acks(side: Side) -> int:
    return sum(segment.flags == ACK for segment in side.sent)


def test_a_train_is_told_as_its_first() -> None:
    first, second = (datagram(100, number) for number in range(2))
    look = look_at(first)
    assert look is not None
    train = Train(first, look, 1, 0)
    assert train.as_one() is first
    assert train.takes(second, look)
    assert train.add(second, look, 1)
    assert train.as_one().packet == 0
