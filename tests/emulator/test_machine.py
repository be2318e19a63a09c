"""Receive-side scaling, transmit rings and the wire; settings and traffic that a machine refuses."""

from itertools import pairwise

import pytest

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.scenario import Scenario, Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.emulator.traffic.flows import udp_flows
from kbview.emulator.traffic.ports import source_ports
from kbview.packet.toeplitz import toeplitz
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from tests.emulator.running import emulation, finished


def test_each_flow_comes_to_the_queue_that_its_hash_says() -> None:
    """Microsoft's RSS: the low 7 bits of the Toeplitz hash choose the entry of the table."""
    made = emulation("dpdk", Settings(cores=4, queues=4), Traffic(flows=64, frames=640), Detail.STEPS)
    made.advance(NEVER_PS)
    flows = udp_flows(64, 9000, source_ports=source_ports("ephemeral", 1))
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
