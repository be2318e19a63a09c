"""A point plays the whole scenario: its flood, and the speed of its link."""

import pytest

from kbview.emulator.engine import US_PS
from kbview.experiment.point import measure
from kbview.validation.point import scenario, steady

BASE = {"datapath": "dpdk", "app": "drop", "rate_pps": 1_000_000, "cores": 1}


def arrived_pps(**chosen: object) -> float:
    """Frames a second that reach the NIC in steady state."""
    made = scenario("a point", BASE | chosen)
    result = measure(steady(made, 200 * US_PS, 2000 * US_PS))
    return result.meters.arrived * 1e12 / result.duration_ps


def test_a_flood_is_offered_beside_the_useful_stream() -> None:
    alone, flooded = arrived_pps(), arrived_pps(**{"flood.rate_pps": 2_000_000})
    assert alone == pytest.approx(1e6, rel=0.01)
    assert flooded == pytest.approx(3e6, rel=0.01)


def test_frames_follow_each_other_at_the_speed_of_the_scenarios_link() -> None:
    """A train at the link's rate: 64-byte frames, 14,880 a millisecond at 10 Gb/s."""
    train = {"pattern": "train", "burst_frames": 500, "rate_pps": 1_000}
    made = scenario("a train", BASE | train | {"link_gbps": 10.0})
    first, *_, last = next(made.chunks())[:500]
    assert (last.arrived_ps - first.arrived_ps) / 499 == pytest.approx(67_200, rel=0.001)
    result = measure(steady(made, first.arrived_ps + US_PS, 20 * US_PS))
    assert result.meters.arrived == pytest.approx(20e-6 * 14.88e6, abs=2)
