"""A point is a pure function: its result depends on scenario, calibration and marks only."""

import pickle
from dataclasses import replace

import msgspec
import pytest

from kbview.emulator.keys import ScenarioError
from kbview.emulator.scenario import Scenario, override
from kbview.emulator.traffic_description import Traffic
from kbview.experiment.figure import FIGURES, figure_of
from kbview.experiment.point import Mark, Point, check, measure
from tests.experiment.points import CALIBRATION, SCENARIO, point

SLOWER = msgspec.structs.replace(CALIBRATION, clock_hz=CALIBRATION.clock_hz // 2)


def test_a_point_that_was_pickled_has_the_same_key_and_the_same_result() -> None:
    copy = pickle.loads(pickle.dumps(point()))
    assert copy.key() == point().key()
    assert measure(copy) == measure(point())


@pytest.mark.parametrize(
    "other",
    [
        point(501),
        point(seed=2),
        point(ring=512),
        msgspec.structs.replace(point(), calibration=SLOWER),
        msgspec.structs.replace(point(), begin=Mark(0)),
    ],
    ids=["duration", "seed", "ring", "calibration", "warm-up"],
)
def test_another_point_has_another_key(other: Point) -> None:
    assert other.key() != point().key()


def test_a_default_that_is_written_out_and_another_name_change_no_key() -> None:
    said = override(replace(point().scenario, name="another"), [("napi_weight", "64")])
    assert msgspec.structs.replace(point(), scenario=said).key() == point().key()


def test_the_result_is_the_growth_between_the_marks() -> None:
    """A constant million a second: 500 frames in 500 us, whatever came before."""
    result = measure(point(500))
    assert result.duration_ps == 500_000_000
    assert result.meters.arrived == 500
    assert sum(result.meters.latency.counts.values()) == result.meters.delivered > 400


def test_a_number_of_frames_ends_a_closed_loop() -> None:
    closed = override(SCENARIO, [("pattern", "request"), ("app", "echo"), ("flows", "4")])
    result = measure(Point(closed, CALIBRATION, Mark(frames=20), Mark(frames=200)))
    assert 150 <= result.meters.arrived <= 220


def test_a_trial_ends_with_its_last_frame_or_with_the_first_that_is_lost() -> None:
    limited = replace(SCENARIO, traffic=Traffic(frames=3_000, rate_pps=5e5))
    whole = measure(Point(limited, CALIBRATION, Mark(0), Mark(lossless=True)))
    assert whole.meters.arrived == whole.meters.delivered == 3_000
    flooded = override(limited, [("rate_pps", "20e6"), ("frames", "100000")])
    cut = measure(Point(flooded, CALIBRATION, Mark(0), Mark(lossless=True)))
    assert cut.meters.missed + cut.meters.dropped > 0
    assert cut.meters.arrived < 20_000


def test_traffic_that_ends_before_the_first_mark_leaves_nothing_to_measure() -> None:
    ended = replace(SCENARIO, traffic=Traffic(frames=5))
    result = measure(Point(ended, CALIBRATION, Mark(10**9), Mark(2 * 10**9)))
    assert result.duration_ps == 0
    for name in ("offered", "delivered", "loss", "latency-p99", "cpu", "busy", "interrupts"):
        assert FIGURES[name].formula(result.meters, result.duration_ps) is None, name


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        (replace(SCENARIO, datapath="dpkd"), 'datapath "dpkd" is unknown; did you mean dpdk?'),
        (override(SCENARIO, [("app", "http"), ("pattern", "tcp"), ("datapath", "netmap")]), "http"),
        (replace(SCENARIO, datapath="mtcp"), "takes connections only"),
    ],
)
def test_a_datapath_that_cannot_serve_is_refused_before_anything_runs(
    scenario: Scenario, says: str
) -> None:
    with pytest.raises(ScenarioError, match=says.replace("?", r"\?")):
        check(scenario)


def test_a_figure_that_is_misspelt_is_refused_with_the_nearest() -> None:
    with pytest.raises(ScenarioError, match=r"did you mean latency-p99\?"):
        figure_of("latency-99")


def test_figures_follow_their_definitions() -> None:
    meters, ps = (result := measure(point(1000))).meters, result.duration_ps
    told = {name: figure.formula(meters, ps) for name, figure in FIGURES.items()}
    assert told["offered"] == 1e6
    assert told["delivered"] == meters.delivered * 1e3
    assert told["loss"] == meters.dropped / 10  # percent of a thousand
    assert meters.missed == meters.unsent == 0
    assert told["goodput"] == pytest.approx(meters.delivered * 64 * 8 * 1e3 / 1e9)
    busy_ps = sum(ps - core.idle_ps for core in meters.cores)
    assert told["cpu"] == pytest.approx(
        busy_ps / meters.delivered / 1e3, rel=1e-3
    )  # a step spans the mark
    assert told["interrupts"] == meters.interrupts / meters.delivered
    assert told["latency-p99"] == meters.latency.percentile(0.99) / 1e6
