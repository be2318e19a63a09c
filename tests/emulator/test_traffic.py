"""Synthetic traffic: the rate that was asked for, and never two frames on the wire at once."""

from collections import Counter
from itertools import chain, islice, pairwise

import pytest

from kbview.emulator.scenario import Scenario, convert, override
from kbview.emulator.settings import ScenarioError, Settings
from kbview.emulator.traffic.lengths import IMIX
from kbview.emulator.traffic_description import OPEN, Pattern, Size, Traffic
from kbview.packet.frame import WIRE_OVERHEAD, Frame

COUNT = 60_000
GBPS = 10.0
BYTE_PS = 800


def frames(traffic: Traffic, seed: int = 1) -> list[Frame]:
    return [*islice(chain.from_iterable(traffic.chunks(seed, GBPS)), COUNT)]


@pytest.mark.parametrize("pattern", OPEN)
@pytest.mark.parametrize("size", [64, 1518, "imix"])
@pytest.mark.parametrize("load", [0.05, 0.95])
def test_the_mean_rate_is_as_asked_and_frames_do_not_overlap(
    pattern: Pattern, size: Size, load: float
) -> None:
    """IEEE 802.3: 20 bytes of preamble and gap stand between two frames."""
    length = Traffic(size=size).mean_length
    rate_pps = load * 1e12 / ((length + WIRE_OVERHEAD) * BYTE_PS)
    made = frames(Traffic(pattern=pattern, size=size, rate_pps=rate_pps))
    for before, after in pairwise(made):
        least_ps = (after.length + WIRE_OVERHEAD) * BYTE_PS
        assert after.arrived_ps - before.arrived_ps >= least_ps - 1
    measured_pps = len(made) * 1e12 / made[-1].arrived_ps
    # pareto's variance is not finite: its mean converges slowly, and from above
    tolerance = {"constant": 1e-3, "train": 1e-3, "poisson": 0.03, "onoff": 0.08, "pareto": 0.5}[
        pattern
    ]
    assert measured_pps == pytest.approx(rate_pps, rel=tolerance)


@pytest.mark.parametrize("pattern", OPEN)
def test_only_the_seed_decides(pattern: Pattern) -> None:
    traffic = Traffic(pattern=pattern, size="imix", flows=3, frames=3000)
    first, again, other = (
        [(frame.arrived_ps, frame.length, frame.flow.number) for frame in frames(traffic, seed)]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
    assert [frame.packet for frame in frames(traffic)] == [*range(3000)]


def test_imix_is_seven_four_one() -> None:
    made = Counter(frame.length for frame in frames(Traffic(size="imix")))
    for length, share in IMIX.items():
        assert made[length] / COUNT == pytest.approx(share / 12, rel=0.05)


def test_bursts_are_as_long_as_asked_and_silent_between() -> None:
    """In a burst of 20, 19 distances are those of the peak rate."""
    traffic = Traffic(pattern="onoff", rate_pps=1e5, peak_pps=1e6, burst_frames=20)
    apart = [after.arrived_ps - before.arrived_ps for before, after in pairwise(frames(traffic))]
    inside = sum(gap <= 1_000_001 for gap in apart)
    assert inside / (len(apart) - inside) == pytest.approx(19, rel=0.1)


def test_a_train_is_as_long_as_the_one_before() -> None:
    traffic = Traffic(pattern="train", rate_pps=1e6, peak_pps=1e7, burst_frames=42)
    made = frames(traffic)
    apart = [after.arrived_ps - before.arrived_ps for before, after in pairwise(made)]
    places = [place for place, gap in enumerate(apart, 1) if gap > 1_000_000]
    assert places == [*range(42, len(made), 42)]
    assert made[42].arrived_ps - made[0].arrived_ps == pytest.approx(42e6, abs=1)


def variance(pattern: Pattern) -> float:
    """Of the number of frames in a hundredth of a second, over its mean."""
    traffic = Traffic(pattern=pattern, rate_pps=1e5, peak_pps=1e6, burst_frames=10)
    made = frames(traffic)
    slots = Counter(frame.arrived_ps // 10**10 for frame in made)
    counts = [slots[slot] for slot in range(made[-1].arrived_ps // 10**10)]
    mean = sum(counts) / len(counts)
    return sum((count - mean) ** 2 for count in counts) / len(counts) / mean


def test_pareto_stays_bursty_over_longer_times() -> None:
    """Willinger et al. 1997: heavy-tailed bursts do not average out; a Poisson process does."""
    assert variance("poisson") < 1.5
    assert variance("pareto") > variance("onoff") > 3 * variance("poisson")


def test_a_flood_shares_the_cable_with_the_useful_stream() -> None:
    scenario = Scenario(
        "s",
        "",
        settings=Settings(link_gbps=GBPS),
        traffic=Traffic(rate_pps=1e5, port=80, size=512, flows=2, frames=300),
        flood=Traffic(rate_pps=1e7, port=9, flows=5, frames=20_000),
    )
    made = [*chain.from_iterable(scenario.chunks())]
    assert Counter(frame.flow.destination_port for frame in made) == {80: 300, 9: 20_000}
    assert [frame.packet for frame in made] == [*range(20_300)]
    assert len({frame.flow.source_port for frame in made}) == 7
    for before, after in pairwise(made):
        least_ps = (after.length + WIRE_OVERHEAD) * BYTE_PS
        assert after.arrived_ps - before.arrived_ps >= least_ps - 1


REFUSED = [
    ({"pattern": "poison"}, '"poison" is unknown; use "constant", "poisson"'),
    ({"rate_pps": 0}, "rate_pps = 0 is out of range; use 0.001 to 1000000000"),
    ({"rate_pps": -5}, "rate_pps = -5 is out of range"),
    ({"rate_pps": float("nan")}, "rate_pps = nan is out of range"),
    ({"rate_pps": 1e12}, "rate_pps = 1e+12 is out of range"),
    ({"rate_pps": 1e9}, "rate_pps = 1e+09 is more than link_gbps = 100 carries"),
    ({"size": 63}, "size = 63 is out of range; use 64 to 9622"),
    ({"size": "jumbo"}, 'size = "jumbo" is unknown; use "imix"'),
    ({"flows": 0}, "flows = 0 is out of range"),
    ({"port": 70_000}, "port = 70000 is out of range"),
    ({"frames": -1}, "frames = -1 is out of range; use 0 to"),
    ({"burst_frames": 0}, "burst_frames = 0 is out of range; use 1 to"),
    ({"shape": 1.0}, "shape = 1 is out of range; use 1.05 to 2"),
    ({"peak_pps": 10.0}, "peak_pps = 10 is not between rate_pps = 1e+06 and 1e9"),
    ({"loss": 1.0}, "loss = 1 is out of range; use 0 to 0.9"),
    ({"rtt_us": 0}, "rtt_us = 0 is out of range; use 1 to"),
    ({"think_us": 1e9}, "think_us = 1000000000 is out of range; use 0 to 60000000"),
    ({"pattern": "request"}, 'app = "sink" gives none; use app = "echo"'),
    ({"pattern": "request", "size": "imix"}, "needs one size"),
    ({"think": 3}, "unknown key traffic.think; did you mean think_us?"),
]


@pytest.mark.parametrize(("traffic", "message"), REFUSED, ids=lambda value: str(value)[:30])
def test_what_cannot_be_is_refused_in_one_line(traffic: dict[str, object], message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        convert({"name": "s", "summary": "", "traffic": traffic}, "mine.toml")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_flood_can_be_set_on_any_scenario() -> None:
    flooded = override(Scenario("s", ""), [("flood.rate_pps", "2e6")])
    assert flooded.flood == Traffic(rate_pps=2e6)
    with pytest.raises(ScenarioError, match="a flood does not"):
        override(flooded, [("flood.pattern", "request")])
    with pytest.raises(ScenarioError, match="did you mean"):
        override(flooded, [("flood.rate", "1")])
