"""TCP on the datapaths that speak it: a real TCP at both ends, and a wire between that loses."""

from itertools import pairwise

import pytest

from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.nic import Nic
from kbview.emulator.hardware.peer import Peer
from kbview.emulator.scenario import SYNTHETIC_HOST, Scenario, Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.emulator.traffic.tcp_clients import Clients
from kbview.sources.emulated import profile
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import TOTALS, Meters

SPEAKERS = [name for name, kind in DATAPATHS.items() if kind.speaks_tcp]
HTTP = Settings(app="http")


def made(name: str, settings: Settings, offered: Traffic, seed: int = 1) -> tuple[Emulation, Clients]:
    peers: list[Peer] = []
    maker = offered.peer(seed, settings)
    assert maker is not None

    def connect(nic: Nic) -> Peer:
        peers.append(maker(nic))
        return peers[0]

    emulation = Emulation(profile.load("xdp18"), settings, SYNTHETIC_HOST, iter(()), name, connect)
    (clients,) = peers
    assert isinstance(clients, Clients)
    return emulation, clients


def calls(connections: int, **more: object) -> Traffic:
    keys = {"pattern": "tcp", "port": 80, "flows": 8, "connections": connections, **more}
    return Traffic(**keys)  # type: ignore[arg-type]


def finished(name: str, settings: Settings, offered: Traffic) -> tuple[Meters, Clients]:
    emulation, clients = made(name, settings, offered)
    emulation.advance(NEVER_PS)
    assert emulation.ended
    return emulation.sample().meters, clients


WAYS = [
    (HTTP, calls(60)),
    (Settings(app="http", response=50_000, wait="read"), calls(12, loss=0.03, late=0.05)),
    (Settings(app="http", requests=5, request=3000, cores=1), calls(20, think_us=40, loss=0.02)),
    (Settings(app="sink", request=150_000, tcp_rcvbuf=20_000), calls(4, flows=2, loss=0.02, late=0.1)),
    (Settings(app="echo", request=9000, readers=2, queues=2, cores=3, moderation_us=3), calls(20)),
]


@pytest.mark.parametrize("name", SPEAKERS)
@pytest.mark.parametrize(("settings", "offered"), WAYS)
def test_every_frame_buffer_and_byte_is_accounted_for_at_every_step(
    name: str, settings: Settings, offered: Traffic
) -> None:
    emulation, clients = made(name, settings, offered)
    stride_ps = 31_777_777
    while not emulation.ended:
        stride_ps += emulation.now_ps // 500  # not so closely while only timers run
        emulation.advance(emulation.now_ps + stride_ps)
        meters = emulation.sample().meters
        assert meters.conserved()
        assert meters.allocations == meters.frees + emulation.datapath.buffers()
    assert clients.failed == 0
    assert clients.finished == offered.connections
    if settings.app == "http":
        answers = clients.finished * max(1, settings.requests)
        assert clients.answered == answers
        assert clients.received == answers * settings.response
    if settings.app == "echo":
        assert clients.received == clients.finished * settings.request
    assert meters.allocations == meters.frees
    assert meters.delivered > 4 * clients.finished


@pytest.mark.parametrize("name", SPEAKERS)
def test_meters_agree_with_the_events_and_with_coarser_detail(name: str) -> None:
    settings, offered = Settings(app="http", response=20_000), calls(15, loss=0.02)
    emulation, _ = made(name, settings, offered)
    emulation.recorder.detail = Detail.STEPS
    state = State()
    state.apply(emulation.sample())
    events: list[ev.Event] = []
    while not emulation.ended:
        emulation.advance(emulation.now_ps + 50_000_000)
        events += emulation.release()
    for event in events:
        state.apply(event)
    assert all(a.time_ps <= b.time_ps for a, b in pairwise(events))
    meters, _ = emulation.sample().meters, None
    coarse, _ = finished(name, settings, offered)
    for total in TOTALS:
        assert getattr(state.meters, total) == getattr(meters, total), total
        assert getattr(coarse, total) == getattr(meters, total), total
    kinds = {type(event) for event in events}
    assert {ev.TcpStateChanged, ev.SegmentRetransmitted} <= kinds


@pytest.mark.parametrize("name", SPEAKERS)
def test_a_seed_is_a_run(name: str) -> None:
    def run(seed: int, stride_ps: int) -> tuple[int, ...]:
        emulation, clients = made(name, HTTP, calls(40, loss=0.05), seed)
        while not emulation.ended:
            emulation.advance(emulation.now_ps + stride_ps)
        meters = emulation.sample().meters
        return (clients.lost, meters.arrived, meters.sent, meters.syscalls, meters.latency.total)

    assert run(3, NEVER_PS // 2) == run(3, 90_000_001)
    assert run(3, 90_000_001) != run(4, 90_000_001)


def test_the_life_of_a_connection_is_told() -> None:
    emulation, _ = made("kernel", HTTP, calls(1))
    emulation.recorder.detail = Detail.STEPS
    emulation.advance(NEVER_PS)
    events = emulation.release()
    states = [event.after for event in events if isinstance(event, ev.TcpStateChanged)]
    assert states == [
        "LISTEN",
        "SYN-RECEIVED",
        "ESTABLISHED",
        "FIN-WAIT-1",
        "FIN-WAIT-2",
        "TIME-WAIT",
    ]
    calls_made = [event.name for event in events if isinstance(event, ev.SyscallEntered)]
    assert [call for call in calls_made if call != "epoll_wait"] == [
        "accept4",
        "epoll_ctl",
        "accept4",  # EAGAIN
        "recv",
        "send",
        "close",
    ]
    kinds = [type(event).__name__ for event in events]
    accept = ("ConnectionQueued", "ConnectionAccepted", "SendQueued", "SendAcknowledged")
    text = ("SocketQueued", "SocketDequeued", "SendQueued")  # it may come before the accept
    for order in (accept, text):
        places = [kinds.index(kind) for kind in order]
        assert places == sorted(places)


def test_a_full_accept_queue_turns_callers_away_until_there_is_room() -> None:
    """net.core.somaxconn: a SYN that finds no room is dropped, and sent again a second later."""
    slow = Settings(app="http", somaxconn=2, app_cycles=2_000_000)
    meters, clients = finished("kernel", slow, calls(8))
    assert meters.drops["tcp/TCP_LISTEN_OVERFLOW"] > 0
    assert clients.finished == 8


def test_a_slow_reader_closes_the_window_and_loses_nothing() -> None:
    slow = Settings(app="sink", request=400_000, app_cycles=200_000, tcp_rcvbuf=30_000)
    meters, clients = finished("kernel", slow, calls(2, flows=2))
    assert clients.finished == 2
    assert set(meters.drops) <= {"tcp/TCP_ZEROWINDOW"}  # only what asked for a window
    assert meters.copied_bytes == 800_000


@pytest.mark.parametrize("mss", [300, 536])
def test_small_segments_within_the_window_are_taken(mss: int) -> None:
    """tcp_prune_queue(): tcp_clamp_window() lets the buffer grow to its charge, up to tcp_rmem[2].

    RFC 1122, 4.2.3.4 lets a host offer an MSS of 536. An sk_buff of 2,304 bytes is charged for each
    segment here, so a window of half the buffer brings more charge than the buffer holds.
    """
    settings = Settings(app="sink", request=4_000_000, gro=False, mss=mss, app_cycles=6000)
    emulation, _ = made("kernel", settings, calls(1, flows=1))
    most = 0
    while not emulation.ended:
        emulation.advance(emulation.now_ps + 100_000_000)
        most = max([most, *(socket.rcvbuf for socket in emulation.sample().meters.sockets.values())])
    assert emulation.sample().meters.drops == {}
    assert 2 * settings.tcp_rcvbuf < most <= 6 << 20


def test_a_full_send_buffer_makes_the_writer_wait() -> None:
    """sk_stream_write_space: it goes on when a third is free."""
    emulation, clients = made("kernel", Settings(app="http", response=600_000), calls(1))
    most = 0
    while not emulation.ended:
        emulation.advance(emulation.now_ps + 10_000_000)
        sockets = emulation.sample().meters.sockets.values()
        most = max([most, *(socket.send_queued or 0 for socket in sockets)])
    assert clients.received == 600_000
    assert 87_040 <= most < 87_040 + 2304


def test_a_closed_port_resets() -> None:
    emulation, clients = made("kernel", Settings(app="http", closed_ports=(80,)), calls(5))
    emulation.advance(NEVER_PS)
    meters = emulation.sample().meters
    assert clients.failed == 5
    assert meters.drops == {"tcp/NO_SOCKET": 5}
    assert meters.sent == 5
    assert meters.conserved()


@pytest.mark.parametrize("name", SPEAKERS)
@pytest.mark.parametrize("at_ps", [130_000_000, 333_000_000, 900_000_000])
def test_another_host_behind_the_same_address(name: str, at_ps: int) -> None:
    """What was under way is gone with its programs; who called calls again, and the books balance."""
    emulation, clients = made(
        name, Settings(app="http", response=30_000), calls(30, loss=0.01, late=0.1)
    )
    emulation.advance(at_ps)
    emulation.switch(name)
    meters = emulation.sample().meters
    assert meters.conserved()
    assert meters.allocations == meters.frees + emulation.datapath.buffers()
    emulation.advance(NEVER_PS)
    assert emulation.sample().meters.conserved()
    assert clients.finished + clients.failed + clients.connected == 30
    assert clients.connected <= 1  # it had an answer half, and nothing of its own under way


@pytest.mark.parametrize("name", sorted(set(DATAPATHS) - set(SPEAKERS)))
def test_who_speaks_no_tcp_says_so(name: str) -> None:
    with pytest.raises(
        ScenarioError, match=f"datapath {name} (speaks no TCP; use kernel|cannot serve)"
    ):
        made(name, Settings(app="sink"), calls(1))


@pytest.mark.parametrize(
    ("settings", "traffic", "message"),
    [
        (HTTP, Traffic(), 'app = "http" is called over TCP; use pattern = "tcp"'),
        (Settings(app="drop"), calls(1), 'app = "drop" has no connections; use app = "http", "echo"'),
    ],
)
def test_scenarios_that_cannot_be(settings: Settings, traffic: Traffic, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        Scenario("s", "", settings=settings, traffic=traffic)
