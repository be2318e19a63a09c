"""XDP's verdicts, before and after the sk_buff: conserved, told alike at every detail, and priced."""

from typing import Any

import msgspec
import pytest

from kbview.emulator.application import ForwardAt
from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.kernel.send.xdp_tx import DEV_MAP_BULK_SIZE
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.emulator.traffic.flows import client_flow
from kbview.packet.frame import Frame, Protocol
from kbview.sources.emulated import profile
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters
from tests.emulator.running import at_both_details, emulation, finished

VERDICTS: list[dict[str, Any]] = [
    {"app": "drop", "drop_at": "xdp"},
    {"app": "drop", "drop_at": "xdp", "xdp_generic": True},
    {"app": "forward", "forward_at": "xdp_tx"},
    {"app": "forward", "forward_at": "xdp_tx", "xdp_generic": True},
    {"app": "forward", "forward_at": "xdp_redirect"},
    {"app": "forward", "forward_at": "xdp_fib"},
]
OVERLOAD = Traffic(pattern="poisson", rate_pps=40e6, flows=64, frames=6000)


def counts(meters: Meters) -> dict[str, int]:
    return {name: stage.count for name, stage in meters.stages.items()}


@pytest.mark.parametrize("verdict", VERDICTS, ids=lambda verdict: "-".join(map(str, verdict.values())))
@pytest.mark.parametrize("queues", [1, 2])
def test_nothing_is_lost_and_detail_changes_nothing(verdict: dict[str, Any], queues: int) -> None:
    shape: dict[str, Any] = {"cores": queues, "queues": queues, "ring": 256, "tx_ring": 64, **verdict}
    coarse, fine = at_both_details("kernel", Settings(**shape), OVERLOAD)
    assert coarse.conserved()
    assert coarse.arrived == 6000
    assert coarse.allocations == coarse.frees
    assert bool(coarse.allocations) == verdict.get("xdp_generic", False)
    assert msgspec.to_builtins(coarse) == msgspec.to_builtins(fine)


def test_a_doorbell_for_a_poll_or_for_a_bulk() -> None:
    """mlx5 rings once a poll for XDP_TX; a map's device is rung after 16 frames, or at a poll's end."""
    layers: dict[ForwardAt, int] = {"xdp_tx": 64, "xdp_redirect": DEV_MAP_BULK_SIZE}
    for at, most in layers.items():
        took = counts(finished("kernel", Settings(cores=1, app="forward", forward_at=at), OVERLOAD))
        assert took["doorbell"] * most == pytest.approx(took["xdp_xmit"], rel=0.1)


def test_who_has_no_slot_is_dropped_by_the_driver() -> None:
    """What piles up while an interrupt is moderated needs a slot each; nobody waits for one."""
    shape: dict[str, Any] = {"cores": 1, "app": "forward", "forward_at": "xdp_tx"}
    calm = Traffic(rate_pps=4e6, frames=2000)
    assert finished("kernel", Settings(tx_ring=256, **shape), calm).drops == {}
    few = finished("kernel", Settings(tx_ring=16, **shape), calm)
    assert few.drops["xdp/XDP_RING_FULL"] == few.dropped > 0
    assert few.conserved()


def test_what_is_for_a_group_goes_on_to_the_stack() -> None:
    """The route table forwards nothing to a group: the frame climbs as ever."""
    flow = client_flow(Protocol.UDP, 0, 9000, "224.0.0.1")
    frames = [Frame(number * 1_000_000, number, 64, flow, 18) for number in range(50)]
    settings = Settings(cores=1, app="forward", forward_at="xdp_fib")
    made = Emulation(profile.load("xdp18"), settings, SYNTHETIC_HOST, iter([frames]), "kernel")
    made.advance(NEVER_PS)
    meters = made.sample().meters
    assert meters.sent == 0
    assert meters.delivered == meters.allocations == counts(meters)["ip_rcv"] == 50


def test_the_tape_tells_the_verdict() -> None:
    made = emulation(
        "kernel",
        Settings(cores=1, app="forward", forward_at="xdp_redirect"),
        Traffic(frames=20),
        Detail.STEPS,
    )
    made.advance(NEVER_PS)
    told = [event for event in made.release() if isinstance(event, ev.XdpRan)]
    assert [event.action for event in told] == ["redirect"] * 20


def test_a_look_up_in_a_large_table_takes_nodes() -> None:
    spread = Traffic(rate_pps=1e6, flows=100, destinations=100, frames=300)
    for forward_at, lookup in (("xdp_fib", "bpf_fib_lookup"), ("ip", "fib_lookup")):
        shape: dict[str, Any] = {"cores": 1, "app": "forward", "forward_at": forward_at}
        one, many = (
            counts(finished("kernel", Settings(routes=routes, **shape), spread))
            for routes in (1, 20_000)
        )
        assert "fib_node" not in one
        assert one[lookup] == many[lookup] == 300
        assert 1 <= many["fib_node"] / many[lookup] <= 6


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"forward_at": "xdp"}, 'forward_at = "xdp" is unknown; use "ip", "xdp_tx", "xdp_redirect" or'),
        ({"routes": 0}, "routes = 0 is out of range; use 1 to 2000000"),
        (
            {"xdp_generic": True, "forward_at": "xdp_fib"},
            'xdp_generic = true cannot do forward_at = "xdp_fib"; use "xdp_tx" or "ip"',
        ),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Settings(**settings)
    assert message in str(caught.value)
