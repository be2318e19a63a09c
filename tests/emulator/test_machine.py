"""Several queues and cores, transmit rings and the closed loop, on every datapath that serves them."""

from itertools import pairwise, product

import pytest

from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.nic import Nic
from kbview.emulator.hardware.peer import Way
from kbview.emulator.protocol.requester import Requester
from kbview.emulator.scenario import SYNTHETIC_HOST, Scenario, Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.emulator.traffic.flows import udp_flows
from kbview.packet.toeplitz import toeplitz
from kbview.sources.emulated import profile
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import TOTALS, CoreMeter
from tests.emulator.running import emulation, finished

RTT_PS = 50_000_000


def looped(
    name: str, settings: Settings, clients: int, loss: float = 0.0
) -> tuple[Emulation, Requester]:
    peers: list[Requester] = []

    def connect(nic: Nic) -> Requester:
        way = Way(RTT_PS, loss, settings.link_gbps, seed=5)
        peers.append(Requester(nic, way, udp_flows(clients, 7), 64, 18))
        peers[-1].timeout_ps = 1_000_000_000
        return peers[-1]

    made = Emulation(profile.load("xdp18"), settings, SYNTHETIC_HOST, iter(()), name, connect)
    return made, peers[0]


DATAGRAMS = [name for name, kind in DATAPATHS.items() if kind.takes_datagrams]
ECHOING = [name for name in DATAGRAMS if "echo" in DATAPATHS[name].serves]
SERVED = [(name, app) for name, kind in DATAPATHS.items() for app in kind.serves]


@pytest.mark.parametrize(("name", "app"), SERVED)
@pytest.mark.parametrize("queues", [1, 3, 8])
def test_all_is_conserved_at_every_step_with_every_application(
    name: str, app: str, queues: int
) -> None:
    """8 queues on 3 cores, rings far too small, and a wire away that is slower than the one here."""
    settings = Settings(
        cores=3,
        queues=queues,
        ring=32,
        tx_ring=16,
        link_gbps=1.0,
        app=app,
        txqueuelen=20,
        send_frames=900,
    )
    offered = Traffic(pattern="poisson", rate_pps=2_000_000, flows=50, frames=1500)
    made = emulation(name, settings, offered)
    while not made.ended:
        made.advance(made.now_ps + 7_777_777)
        meters = made.sample().meters
        assert meters.conserved()
        assert meters.allocations == meters.frees + made.datapath.buffers()
    assert meters.arrived == 1500
    if name not in DATAGRAMS:
        assert meters.drops.keys() == {"ip/IP_NOPROTO"}
    elif app == "echo":
        assert meters.delivered == meters.sent + meters.unsent > 0
    if app == "forward":
        assert meters.delivered == meters.sent > 0
    if app == "generate":
        assert meters.sent + meters.unsent == 900
        assert not meters.unsent or name == "kernel"  # its qdisc drops, and does not say so


@pytest.mark.parametrize(("name", "app"), SERVED)
def test_meters_agree_with_the_events_and_with_coarser_detail(name: str, app: str) -> None:
    settings = Settings(cores=2, queues=2, tx_ring=32, app=app, send_frames=600)
    frames = 0 if app == "generate" else 600
    offered = Traffic(pattern="poisson", rate_pps=1_500_000, flows=20, frames=frames)
    made = emulation(name, settings, offered, Detail.STEPS)
    state = State()
    state.apply(made.sample())
    while not made.ended:
        made.advance(made.now_ps + 50_000_000)
        for event in made.release():
            state.apply(event)
    meters = made.sample().meters
    coarse = finished(name, settings, offered)
    for total in TOTALS:
        assert getattr(state.meters, total) == getattr(meters, total), total
        assert getattr(coarse, total) == getattr(meters, total), total
    for ring, folded in zip(meters.rings, state.meters.rings, strict=True):
        assert (ring.kind, ring.done, ring.head) == (folded.kind, folded.done, folded.head)


def test_each_flow_comes_to_the_queue_that_its_hash_says() -> None:
    """Microsoft's RSS: the low 7 bits of the Toeplitz hash choose the entry of the table."""
    made = emulation("dpdk", Settings(cores=4, queues=4), Traffic(flows=64, frames=640), Detail.STEPS)
    made.advance(NEVER_PS)
    flows = udp_flows(64, 9000)
    queues = {
        event.packet: event.queue for event in made.release() if isinstance(event, ev.FrameArrived)
    }
    for packet, queue in queues.items():
        flow = flows[packet % 64]
        wire = bytes([10, 0, 0, 1, 10, 0, 0, 2])
        ports = flow.source_port.to_bytes(2, "big") + flow.destination_port.to_bytes(2, "big")
        assert flow.rss_hash == toeplitz(wire + ports)
        assert queue == (flow.rss_hash & 127) % 4
    assert len(queues) == 640
    assert set(queues.values()) == {0, 1, 2, 3}


def _works(name: str, core: CoreMeter) -> bool:
    """Whether it worked on packets; a thread that only started and then waited did not."""
    if name in ("kernel", "kernel-irq", "dpdk"):
        return core.softirq_ps + core.poll_useful_ps > 0
    return core.softirq_ps + core.poll_useful_ps + core.syscall_ps + core.user_ps > 10_000_000


@pytest.mark.parametrize("name", DATAGRAMS)
def test_one_elephant_keeps_one_core_busy(name: str) -> None:
    """Linux Documentation/networking/scaling.rst: RSS spreads flows, not packets."""
    settings = Settings(cores=4, queues=4, app="drop")
    one, many = (
        finished(name, settings, Traffic(rate_pps=1.2e8, flows=flows, frames=20_000))
        for flows in (1, 64)
    )
    readers = name in ("af_packet", "af_xdp")  # their readers have cores of their own
    assert sum(_works(name, core) for core in one.cores) == 1 + readers
    assert sum(_works(name, core) for core in many.cores) == 4
    assert many.dropped > 1.5 * one.dropped


@pytest.mark.parametrize(("name", "clients"), [*product(ECHOING, (1, 40))])
def test_a_closed_loop_turns_as_fast_as_the_round_trip(name: str, clients: int) -> None:
    made, peer = looped(name, Settings(app="echo"), clients)
    made.advance(20 * RTT_PS)
    meters = made.sample().meters
    assert meters.missed == meters.dropped == peer.lost == peer.given_up == 0
    assert 10 * clients <= peer.answered < 20 * clients
    assert meters.sent >= peer.answered


@pytest.mark.parametrize("name", ECHOING)
def test_a_lossy_loop_goes_on_and_is_the_same_again(name: str) -> None:
    runs = []
    for stride_ps in (NEVER_PS, 13_000_000):
        made, peer = looped(name, Settings(app="echo", cores=2, queues=2), 16, loss=0.1)
        while made.now_ps < 100 * RTT_PS:
            made.advance(min(100 * RTT_PS, made.now_ps + stride_ps))
        assert peer.lost > 0
        assert peer.given_up > 0
        meters = made.sample().meters
        assert meters.conserved()
        runs.append((peer.answered, peer.lost, peer.given_up, meters.delivered, meters.sent))
    assert runs[0] == runs[1]


def test_a_full_transmit_ring_is_told_to_who_sends() -> None:
    """tx_burst takes fewer; the qdisc of the kernel fills and drops (QDISC_DROP)."""
    slow = {"link_gbps": 1.0, "tx_ring": 16, "txqueuelen": 20}
    offered = Traffic(rate_pps=2_000_000, frames=3000)
    for name, where in (("dpdk", "tx ring/TX_RING_FULL"), ("kernel", "qdisc/QDISC_DROP")):
        meters = finished(name, Settings(app="forward", clock_mhz=9000, **slow), offered)  # type: ignore[arg-type]
        assert meters.drops[where] > 0


def test_forwarding_takes_the_wire_back_out() -> None:
    """Ten gigabits carry 14.88 million frames of 64 bytes a second and not one more."""
    settings = Settings(app="forward", link_gbps=10, cores=2, queues=2, clock_mhz=9000)
    offered = Traffic(rate_pps=14_880_952, flows=64, frames=20_000)
    made = emulation("dpdk", settings, offered, Detail.MILESTONES)
    made.advance(NEVER_PS)
    left = [event.time_ps for event in made.release() if isinstance(event, ev.FrameSent)]
    apart = [after - before for before, after in pairwise(left)]
    assert min(apart) == 67_200
    assert len(left) == 20_000


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"queues": 0}, "queues = 0 is out of range; use 1 to 128"),
        ({"queues": 129}, "queues = 129 is out of range; use 1 to 128"),
        ({"tx_ring": 100}, "tx_ring = 100 is not a power of two; use 64 or 128"),
        (
            {"app": "juggle"},
            'app = "juggle" is unknown; use "sink", "echo", "forward", "drop", "http" or "generate"',
        ),
        ({"link_gbps": 0.0}, "link_gbps = 0 is out of range; use 0.01 to 800"),
        ({"readers": 3}, "readers = 3 is out of range; use 1 to 2"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Settings(**settings)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_a_datapath_refuses_what_its_layer_cannot_do() -> None:
    with pytest.raises(ScenarioError, match="datapath dpdk has no layer 'raw' to drop at"):
        emulation("dpdk", Settings(app="drop", drop_at="raw"), Traffic(frames=1))


def test_traffic_that_the_link_cannot_carry_is_refused() -> None:
    with pytest.raises(ScenarioError, match="more than link_gbps = 10 carries of 64-byte frames"):
        Scenario("s", "", settings=Settings(link_gbps=10), traffic=Traffic(rate_pps=1.5e7))
