"""A flood beside a useful stream, and the cures: XDP that drops by match, cpumap, the NIC's filters.

T. Hoiland-Jorgensen et al., "The eXpress Data Path", CoNEXT 2018, the figure on DDoS as remembered: TCP
transactions halve at 3 Mpps of UDP and end below 3.5; with a filter they are stable up to 19.5 Mpps.
J. D. Brouer, xdp-project, areas/cpumap/cpumap03-optimizations.org: the processor of profile xdp18.
"""

from typing import Any

import pytest

from kbview.emulator.emulation import Emulation
from kbview.emulator.keys import ScenarioError
from kbview.emulator.scenario import SYNTHETIC_HOST, Scenario, Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape.detail import Detail
from kbview.tape.events import FrameArrived, PacketDelivered, PacketDropped, SkbAllocated
from kbview.tape.meter import Meters
from tests.emulator.running import at_both_details, emulation, stretch, told

FLOOD_PORT = 7
US = 1_000_000
GHZ = 3.6  # of profile xdp18, so 3.6 cycles a nanosecond


def beside(rate_pps: float, clients: int = 8, **settings: Any) -> Meters:
    """What happens in 8 ms to requests on kept connections, with a flood beside them."""
    keys = {"cores": 1, "closed_ports": (FLOOD_PORT,), "wait": "epoll", "requests": 0} | settings
    made = Scenario(
        name="beside",
        summary="requests beside a flood",
        settings=Settings(app="http", request=1, response=1, **keys),  # type: ignore[arg-type]
        traffic=Traffic(pattern="tcp", flows=clients, port=80, think_us=200),
        flood=Traffic(pattern="poisson", rate_pps=rate_pps, port=FLOOD_PORT, flows=64),
    )
    emulated = Emulation(
        profile.load("xdp18"), made.settings, SYNTHETIC_HOST, made.chunks(), "kernel", made.peer()
    )
    return stretch(emulated, 6000, 8000)


def answered(meters: Meters) -> int:
    return meters.stages["tcp_sendmsg"].count if "tcp_sendmsg" in meters.stages else 0


def flooded(us: int = 600, **settings: Any) -> Meters:
    """The growth of the meters in `us` under 40 million datagrams a second to port 9000."""
    offered = Traffic(rate_pps=40e6, flows=64)
    made = emulation("kernel", Settings(**{"cores": 3} | settings), offered)
    grown = stretch(made, 300, us)
    assert made.sample().meters.conserved()
    return grown


def per_us(count: int, us: int = 600) -> float:
    return count / us


def step_ns(*names: str) -> float:
    """The price of steps that follow each other, from the rows of the profile."""
    rows = [profile.load("xdp18").steps[name] for name in names]
    return sum(row.cycles / GHZ + row.ns for row in rows)


# ---- TCP beside a flood ------------------------------------------------------------------------------


def test_a_flood_ends_tcp_on_its_core_at_the_rate_that_fills_the_core() -> None:
    """The paper: half at 3 Mpps, none below 3.5. A datagram to a closed port costs 356 ns: 2.8 Mpps."""
    quiet, light, full = (answered(beside(rate)) for rate in (1e3, 1e6, 3.4e6))
    assert light > 0.8 * quiet
    assert full < 0.15 * quiet


def test_a_filter_in_xdp_keeps_tcp_alive_up_to_what_it_can_drop() -> None:
    """The paper: stable until 19.5 Mpps. A drop costs 43 ns and the match 8: a full core at 19.5.

    At 10 Mpps the drops take half of the core, and a request waits for a poll of them.
    """
    quiet, heavy, beyond = (
        answered(beside(rate, xdp_drop_port=FLOOD_PORT)) for rate in (1e3, 1e7, 24e6)
    )
    assert heavy > 0.7 * quiet
    assert beyond < 0.2 * quiet


def test_a_queue_of_its_own_keeps_a_flood_from_tcp() -> None:
    """The NIC's filter costs no core anything: TCP is as without a flood. By hash alone it starves."""
    queues = {"cores": 3, "queues": 2, "closed_ports": ()}
    steered = queues | {"rss_queues": 1, "steer_port": FLOOD_PORT, "steer_queue": 1}
    alone, apart = (answered(beside(rate, 32, **steered)) for rate in (1e3, 8e6))
    assert apart > 0.95 * alone
    assert answered(beside(8e6, 32, **queues)) < 0.05 * alone


# ---- the filter --------------------------------------------------------------------------------------


def test_a_match_costs_the_look_ups_that_it_makes() -> None:
    """A drop without match is 40.3 ns and a share of a poll; each look-up adds its row and no more."""
    plain = 1000 / per_us(flooded(app="drop", drop_at="xdp").drops["xdp/XDP"])
    port = 1000 / per_us(flooded(xdp_drop_port=9000).drops["xdp/XDP"])
    both = 1000 / per_us(flooded(xdp_drop_port=9000, xdp_drop_source="10.0.0.0/8").drops["xdp/XDP"])
    assert port - plain == pytest.approx(step_ns("xdp_parse", "xdp_port_lookup"), abs=0.5)
    assert both - port == pytest.approx(step_ns("lpm_trie_lookup"), abs=0.5)


@pytest.mark.parametrize(
    "rule", [{"xdp_drop_port": FLOOD_PORT}, {"xdp_drop_source": "198.18.0.0/15"}], ids=str
)
def test_a_filter_drops_the_flood_and_nothing_else(rule: dict[str, Any]) -> None:
    """By port and by source: every datagram of the flood, no other, and no sk_buff for a drop."""
    made = Scenario(
        name="filtered",
        summary="a stream beside a flood",
        settings=Settings(cores=2, **rule),
        traffic=Traffic(rate_pps=2e5, frames=400, flows=4),
        flood=Traffic(rate_pps=2e6, frames=4000, port=FLOOD_PORT, flows=40, source="198.18.0.0/15"),
    )
    emulated = Emulation(
        profile.load("xdp18"), made.settings, SYNTHETIC_HOST, made.chunks(), "kernel", None
    )
    emulated.advance(10**12)
    meters = emulated.sample().meters
    assert emulated.ended
    assert meters.conserved()
    assert meters.drops == {"xdp/XDP": 4000}
    assert (meters.delivered, meters.allocations) == (400, 400)


def test_a_passed_frame_pays_the_program_and_climbs_as_without() -> None:
    """XDPP: 13.3 ns from 4.837 to 4.545 Mpps for a program that only passes; here the match on top."""
    bare = flooded(app="drop", drop_at="raw").drops["ip/NETFILTER_DROP"]
    passing = flooded(app="drop", drop_at="raw", xdp_drop_port=1).drops["ip/NETFILTER_DROP"]
    program = step_ns("xdp_program", "xdp_parse", "xdp_port_lookup", "xdp_pass")
    assert 600_000 / passing - 600_000 / bare == pytest.approx(program, abs=1)


def test_segments_that_a_filter_passes_are_merged() -> None:
    """XDP runs before napi_gro_receive(), so GRO sees what has passed."""
    offered = Traffic(pattern="tcp", flows=1, port=80, connections=1)
    settings = Settings(app="sink", request=60_000, xdp_drop_port=FLOOD_PORT)
    made = emulation("kernel", settings, offered)
    made.advance(20_000 * US)
    assert made.sample().meters.stages["gro_merge"].count > 10


def test_frames_of_a_flood_and_of_a_peer_have_numbers_of_their_own() -> None:
    """A packet is followed by its number, so no two packets of a run may share one."""
    settings = Settings(app="http", wait="epoll", closed_ports=(FLOOD_PORT,))
    made = Scenario(
        name="beside",
        summary="connections beside a flood",
        settings=settings,
        traffic=Traffic(pattern="tcp", flows=4, port=80, connections=20),
        flood=Traffic(pattern="poisson", rate_pps=1e6, port=FLOOD_PORT, frames=500),
    )
    emulated = Emulation(
        profile.load("xdp18"), made.settings, SYNTHETIC_HOST, made.chunks(), "kernel", made.peer()
    )
    emulated.recorder.detail = Detail.STEPS
    emulated.advance(10**11)
    numbers = [event.packet for event in emulated.release() if isinstance(event, FrameArrived)]
    assert len(numbers) > 520
    assert len(set(numbers)) == len(numbers)


# ---- cpumap ------------------------------------------------------------------------------------------

BY_CORE: dict[str, Any] = {"cpumap_cpus": 1, "rx_checksum": "cpu"}


def test_a_thread_of_cpumap_drops_as_fast_as_published() -> None:
    """Brouer: raw PREROUTING 7.65 Mpps (fitted), closed port 3.52, the receiving core 14.7 (fitted)."""
    raw = flooded(app="drop", drop_at="raw", **BY_CORE)
    closed = flooded(closed_ports=(9000,), **BY_CORE)
    assert per_us(raw.drops["ip/NETFILTER_DROP"]) == pytest.approx(7.65, rel=0.03)
    assert per_us(closed.drops["udp/NO_SOCKET"]) == pytest.approx(3.52, rel=0.05)
    assert per_us(closed.arrived - closed.missed) == pytest.approx(14.69, rel=0.05)
    assert closed.drops["xdp/CPUMAP_RING_FULL"] > 2 * closed.drops["udp/NO_SOCKET"]


def test_the_polling_core_builds_no_sk_buff() -> None:
    """kernel/bpf/cpumap.c: cpu_map_build_skb() runs in the thread of the map's core."""
    settings = Settings(cores=3, **BY_CORE)
    events = told("kernel", settings, Traffic(rate_pps=5e5, frames=300, flows=4))
    built = [event.cpu for event in events if isinstance(event, SkbAllocated)]
    assert (len(built), set(built)) == (300, {1})


def test_packets_of_a_flow_stay_in_order_across_cores() -> None:
    """The program chooses the core by flow, so no packet overtakes another of its flow."""
    settings = Settings(cores=4, cpumap_cpus=3, rx_checksum="cpu", app="forward")
    events = told("kernel", settings, Traffic(rate_pps=2e6, frames=2000, flows=20, pattern="poisson"))
    sent = [event.packet for event in events if isinstance(event, PacketDelivered)]
    assert len(sent) == 2000
    for flow in range(20):
        mine = [packet for packet in sent if packet % 20 == flow]
        assert mine == sorted(mine)
    assert not [event for event in events if isinstance(event, PacketDropped)]


def test_cores_of_a_cpumap_forward_what_one_queue_brings() -> None:
    """Three threads forward three times as much as one: they share nothing that they write."""
    offered = Traffic(rate_pps=9e6, flows=600, destinations=600)
    sent = []
    for cores in (1, 3):
        settings = Settings(cores=4, app="forward", cpumap_cpus=cores, rx_checksum="cpu")
        sent.append(stretch(emulation("kernel", settings, offered), 400, 800).sent)
    assert 2.7 < sent[1] / sent[0] < 3.05


def test_a_full_ring_of_a_cpumap_drops_and_frees() -> None:
    """Every frame is accounted for, at both details alike, where the ring is short."""
    settings = Settings(cores=2, cpumap_queue=16, wait="read", **BY_CORE)
    coarse, fine = at_both_details("kernel", settings, Traffic(rate_pps=5e6, frames=3000, flows=4))
    assert coarse.drops == fine.drops
    assert coarse.drops["xdp/CPUMAP_RING_FULL"] > 500
    assert coarse.allocations == coarse.frees


# ---- refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"xdp_drop_source": "10.0.0.1/8"}, "is no prefix"),
        ({"xdp_drop_port": 7, "app": "drop"}, "has one at this layer"),
        ({"xdp_drop_port": 7, "xdp_generic": True}, "xdp_generic"),
        ({"cpumap_cpus": 2, "rx_checksum": "cpu"}, "use 0 to 1"),
        ({"cpumap_cpus": 1}, 'rx_checksum = "cpu"'),
        ({"steer_port": 7, "steer_queue": 1}, "steer_queue"),
        ({"rss_queues": 2}, "rss_queues"),
    ],
    ids=str,
)
def test_keys_that_exclude_each_other_are_refused(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        Settings(**keys)


@pytest.mark.parametrize("source", ["300.0.0.0/8", "fd00::/8", "10.0.0.7/8"])
def test_a_source_that_senders_cannot_have_is_refused(source: str) -> None:
    with pytest.raises(ScenarioError, match="source"):
        Traffic(source=source)
