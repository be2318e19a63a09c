"""Over the list of datapaths: frames are conserved, counted and spread under every kind of traffic."""

from itertools import product
from pathlib import Path

import pytest

from kbview.emulator.application import App
from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.nic import Nic
from kbview.emulator.hardware.peer import NetworkPath
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.emulator.traffic.flows import udp_flows
from kbview.emulator.traffic.udp_requester import Requester
from kbview.sources.emulated import profile
from kbview.sources.emulated.source import EmulatorSource
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import TOTALS, CoreMeter, Meters
from kbview.tape.tape import Tape
from tests.emulator.running import emulation, ended, finished

RECORDINGS = sorted(Path(__file__).parents[2].glob("recordings/*.pcap"))
DATAGRAMS = [name for name, kind in DATAPATHS.items() if kind.takes_datagrams]
ECHOING = [name for name in DATAGRAMS if "echo" in DATAPATHS[name].serves]
SERVED = [(name, app) for name, kind in DATAPATHS.items() for app in kind.serves]
RTT_PS = 50_000_000


# ---- open loop -------------------------------------------------------------------------------------


@pytest.mark.parametrize("detail", [Detail.METERS, Detail.STEPS])
@pytest.mark.parametrize("name", DATAPATHS)
def test_frames_and_buffers_are_conserved_at_every_step(name: str, detail: Detail) -> None:
    offered = Traffic(pattern="poisson", rate_pps=2_500_000, frames=2000)
    made = emulation(name, Settings(wait="read", ring=64), offered, detail)
    while not made.ended:
        made.advance(made.now_ps + 777_777)
        meters = made.sample().meters
        assert meters.conserved()
    assert meters.arrived == 2000
    assert meters.allocations == meters.frees


@pytest.mark.parametrize(("name", "app"), SERVED)
@pytest.mark.parametrize("queues", [1, 3, 8])
def test_all_is_conserved_at_every_step_with_every_application(
    name: str, app: App, queues: int
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
        qdisc = "dev_queue_xmit" in made.steps  # the only part that drops what is sent
        assert qdisc or not meters.unsent


@pytest.mark.parametrize(("name", "app"), SERVED)
def test_meters_agree_with_the_events_and_with_coarser_detail(name: str, app: App) -> None:
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


@pytest.mark.parametrize(("name", "app"), SERVED)
def test_strides_of_any_length_lead_to_the_same_end(name: str, app: App) -> None:
    """The end comes after the last interrupt, also where that tells only that a frame was sent."""
    settings = Settings(cores=2, queues=2, tx_ring=32, app=app, send_frames=60)
    offered = Traffic(rate_pps=1_500_000, flows=20, frames=0 if app == "generate" else 60)
    ends = []
    for stride_ps in (NEVER_PS, 1_234_567):
        made = emulation(name, settings, offered)
        while not made.ended:
            made.advance(min(NEVER_PS, made.now_ps + stride_ps))
        meters = made.sample().meters
        ends.append([made.now_ps, *(getattr(meters, total) for total in TOTALS)])
    assert ends[0] == ends[1]


@pytest.mark.parametrize("name", DATAPATHS)
def test_the_same_frames_arrive_on_every_datapath(name: str) -> None:
    first, other = (
        [
            (event.time_ps, event.packet, event.length)
            for event in ended(each, Settings(), Traffic(frames=500), Detail.MILESTONES).release()
            if isinstance(event, ev.FrameArrived)
        ]
        for each in (next(iter(DATAPATHS)), name)
    )
    assert first == other
    assert len(first) == 500


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
@pytest.mark.parametrize("name", DATAPATHS)
def test_recordings_are_conserved(path: Path, name: str) -> None:
    source = resolve(str(path), Choice(datapath=name))
    source.set_detail(Detail.METERS)
    source.pump(Tape(16), NEVER_PS)
    source.close()
    assert source.ended
    assert isinstance(source, EmulatorSource)
    meters = source.emulation.sample().meters
    assert meters.conserved()
    assert meters.arrived > 0
    assert meters.in_flight == 0


# ---- several queues --------------------------------------------------------------------------------


def _busy(meters: Meters) -> int:
    """The cores that worked on packets; a thread that only started and then waited did not."""
    return sum(map(_works, meters.cores))


def _works(core: CoreMeter) -> bool:
    in_kernel_ps = core.hardirq_ps + core.softirq_ps + core.ksoftirqd_ps + core.syscall_ps
    return in_kernel_ps + core.poll_useful_ps + core.user_ps > 10_000_000


@pytest.mark.parametrize("name", DATAGRAMS)
def test_one_elephant_keeps_the_cores_of_one_queue_busy(name: str) -> None:
    """Linux Documentation/networking/scaling.rst: RSS spreads flows, not packets.

    At 900 MHz a core is the bound (Rizzo 2012: netmap then takes 14.88 million frames a second). At
    the profile's clock a netmap core takes nearly all that the bus carries to four of them.
    """
    app: App = "drop" if "drop" in DATAPATHS[name].serves else "sink"
    one, many, queue = (
        finished(
            name,
            Settings(cores=4, queues=queues, app=app, clock_mhz=900),
            Traffic(rate_pps=1.2e8, flows=flows, frames=20_000),
        )
        for flows, queues in ((1, 4), (64, 4), (64, 1))
    )
    assert 1 <= _busy(one) == _busy(queue) <= 2  # a reader may have a core of its own
    assert _busy(many) == 4
    assert many.dropped + many.delivered > 2.5 * (one.dropped + one.delivered)


# ---- closed loop -----------------------------------------------------------------------------------


def _looped(
    name: str, settings: Settings, clients: int, loss: float = 0.0
) -> tuple[Emulation, Requester]:
    peers: list[Requester] = []

    def connect(nic: Nic) -> Requester:
        way = NetworkPath(RTT_PS, loss, settings.link_gbps, seed=5)
        peers.append(Requester(nic, way, udp_flows(clients, 7), 64, 18))
        peers[-1].timeout_ps = 1_000_000_000
        return peers[-1]

    made = Emulation(profile.load("xdp18"), settings, SYNTHETIC_HOST, iter(()), name, connect)
    return made, peers[0]


@pytest.mark.parametrize(("name", "clients"), [*product(ECHOING, (1, 40))])
def test_a_closed_loop_turns_as_fast_as_the_round_trip(name: str, clients: int) -> None:
    made, peer = _looped(name, Settings(app="echo"), clients)
    made.advance(20 * RTT_PS)
    meters = made.sample().meters
    assert meters.missed == meters.dropped == peer.lost == peer.given_up == 0
    assert 10 * clients <= peer.answered < 20 * clients
    assert meters.sent >= peer.answered


@pytest.mark.parametrize("name", ECHOING)
def test_a_lossy_loop_goes_on_and_is_the_same_again(name: str) -> None:
    runs = []
    for stride_ps in (NEVER_PS, 13_000_000):
        made, peer = _looped(name, Settings(app="echo", cores=2, queues=2), 16, loss=0.1)
        while made.now_ps < 100 * RTT_PS:
            made.advance(min(100 * RTT_PS, made.now_ps + stride_ps))
        assert peer.lost > 0
        assert peer.given_up > 0
        meters = made.sample().meters
        assert meters.conserved()
        runs.append((peer.answered, peer.lost, peer.given_up, meters.delivered, meters.sent))
    assert runs[0] == runs[1]
