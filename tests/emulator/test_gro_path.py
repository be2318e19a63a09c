"""GRO on the kernel path: frames, bytes and buffers are kept, events agree, datagrams stay apart."""

import pytest

from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.emulator.traffic.flows import client_flow
from kbview.packet.frame import Frame, Protocol
from kbview.packet.tcp import ACK, PSH
from kbview.sources.emulated import profile
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import TOTALS

BULK: dict[str, object] = {"app": "sink", "request": 400_000, "mss": 1448, "tcp_rcvbuf": 400_000}
WAYS: list[tuple[dict[str, object], dict[str, object]]] = [
    ({}, {}),
    ({"gro": False}, {"loss": 0.02}),
    ({"hz": 1000, "read_size": 5000}, {"loss": 0.02, "late": 0.05}),
    ({"mss": 8948, "ring": 64, "read_size": 200_000}, {"loss": 0.01}),
    ({"cores": 1, "wait": "read", "napi_weight": 16}, {"flows": 30}),
    ({"queues": 2, "cores": 3, "readers": 2, "moderation_us": 3}, {"flows": 9, "late": 0.1}),
    ({"app": "echo", "request": 60_000, "tcp_rcvbuf": 131_072}, {"flows": 2, "loss": 0.01}),
]


def bulk(keys: dict[str, object], offered: dict[str, object]) -> Emulation:
    chosen = Settings(**(BULK | keys))  # type: ignore[arg-type]
    traffic = Traffic(**({"pattern": "tcp", "connections": 9, "flows": 3, "port": 80} | offered))  # type: ignore[arg-type]
    peer = traffic.peer(1, chosen)
    return Emulation(profile.load("xdp18"), chosen, SYNTHETIC_HOST, iter(()), "kernel", peer)


@pytest.mark.parametrize(("keys", "offered"), WAYS)
def test_bytes_frames_and_buffers_are_conserved(
    keys: dict[str, object], offered: dict[str, object]
) -> None:
    made = bulk(keys, offered)
    stride_ps = 31_777_777
    while not made.ended:
        stride_ps += made.now_ps // 300
        made.advance(made.now_ps + stride_ps)
        meters = made.sample().meters
        assert meters.conserved()
        assert meters.allocations == meters.frees + made.datapath.buffers()
    tcp = made.datapath._stack.tcp  # type: ignore[attr-defined]
    assert tcp.text == tcp.queued == tcp.skbs == tcp.copied == 0
    asked = int(str((BULK | keys)["request"])) * 9
    sent = asked if keys.get("app") == "echo" else 0
    assert meters.copied_bytes == asked + sent
    assert meters.allocations == meters.frees


@pytest.mark.parametrize(("keys", "offered"), [WAYS[2], WAYS[3], WAYS[5]])
def test_events_agree_with_the_meters_and_each_packet_ends_once(
    keys: dict[str, object], offered: dict[str, object]
) -> None:
    made, coarse = bulk(keys, offered), bulk(keys, offered)
    made.recorder.detail = Detail.STEPS
    state = State()
    state.apply(made.sample())
    events: list[ev.Event] = []
    while not made.ended:
        made.advance(made.now_ps + 50_000_000)
        events += made.release()
    for event in events:
        state.apply(event)
    coarse.advance(NEVER_PS)
    meters = made.sample().meters
    for total in TOTALS:
        assert getattr(state.meters, total) == getattr(meters, total), total
        assert getattr(coarse.sample().meters, total) == getattr(meters, total), total
    arrived = [event.packet for event in events if isinstance(event, ev.FrameArrived)]
    ended = (ev.PacketDelivered, ev.PacketDropped, ev.FrameMissed)
    assert sorted(event.packet for event in events if isinstance(event, ended)) == sorted(arrived)
    merged = [event for event in events if isinstance(event, ev.PacketMerged)]
    assert len(merged) > len(arrived) / 4
    queued = {event.packet for event in events if isinstance(event, ev.SocketQueued)}
    assert not queued & {event.packet for event in merged}


def test_datagrams_merged_are_read_at_once_and_answered_one_by_one() -> None:
    chosen = Settings(wait="read", udp_gro=True, app="echo", cores=2)
    traffic = Traffic(rate_pps=800_000, size=1518, frames=600)
    made = Emulation(profile.load("xdp18"), chosen, SYNTHETIC_HOST, traffic.chunks(1), "kernel")
    while not made.ended:
        made.advance(made.now_ps + 3_333_333)
        meters = made.sample().meters
        assert meters.conserved()
        assert meters.allocations == meters.frees + made.datapath.buffers()
    assert meters.delivered == meters.sent == 600
    assert meters.copies < 600 + 200
    assert meters.copied_bytes == 2 * 600 * 1472


def captured(read_size: int, frames: int = 400) -> tuple[Emulation, list[ev.Event]]:
    """A capture's stream at 40 Gb/s, PSH at every hundredth segment; read in pieces of that size."""
    flow = client_flow(Protocol.TCP, 0, 80)
    stream = [
        Frame(300_000 * n, n, 1518, flow, 1448, ACK if n % 100 < 99 else ACK | PSH)
        for n in range(frames)
    ]
    chosen = Settings(read_size=read_size, tcp_rcvbuf=4 << 20)
    made = Emulation(profile.load("xdp18"), chosen, SYNTHETIC_HOST, iter([stream]), "kernel")
    made.recorder.detail = Detail.STEPS
    events: list[ev.Event] = [made.sample()]
    while not made.ended:
        made.advance(made.now_ps + 3_333_333)
        events += made.release()
        meters = made.sample().meters
        assert meters.conserved()
        assert meters.allocations == meters.frees + made.datapath.buffers()
    return made, events


@pytest.mark.parametrize("read_size", [1000, 16_384, 200_000])
def test_a_capture_s_segments_are_merged_too_and_read_in_pieces(read_size: int) -> None:
    made, events = captured(read_size)
    meters = made.sample().meters
    assert meters.delivered == 400
    assert meters.copied_bytes == 400 * 1448
    assert sum(isinstance(event, ev.PacketMerged) for event in events) > 300
    longest = max(event.length for event in events if isinstance(event, ev.Copied))
    assert longest <= max(1448, read_size)
    state = State()
    for event in events:
        state.apply(event)
    for total in TOTALS:
        assert getattr(state.meters, total) == getattr(meters, total), total
    assert all(socket.packets == 0 for socket in state.meters.sockets.values())
