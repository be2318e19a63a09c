"""Searches: against curves with a known answer, and against what a model's arithmetic gives."""

from collections.abc import Callable

import pytest

from kbview.emulator.hardware.cable import line_rate_pps
from kbview.emulator.keys import ScenarioError
from kbview.emulator.scenario import Scenario, override
from kbview.experiment.crossing import Crossing, crossing
from kbview.experiment.figure import FIGURES
from kbview.experiment.finding import Asked, Question, answers
from kbview.experiment.knee import Knee, knee
from kbview.experiment.point import Mark, Point, Result, measure
from kbview.experiment.pool import Alone
from kbview.experiment.run import Runner
from kbview.experiment.search import Results, Steps, spread, top_rate
from kbview.experiment.stretch import RunLength
from kbview.experiment.sweep import Model
from kbview.experiment.throughput import Throughput, throughput
from kbview.sources.emulated.scenario import scenarios
from kbview.tape.histogram import Histogram
from kbview.tape.meter import CoreMeter, Meters
from tests.experiment.points import CALIBRATION, SCENARIO

TOP = 10_000_000
SCENARIOS = scenarios()
SECOND_PS = 10**12


def answer(steps: Steps[object], machine: Callable[[int], Results]) -> object:
    """What a search finds out about a machine that is a formula."""
    rates = next(steps)
    try:
        while True:
            rates = steps.send([machine(rate) for rate in rates])
    except StopIteration as end:
        return end.value


def seen(rate: int, *, lost: int = 0, latency_us: float = 1, busy: float = 1.0) -> Result:
    """A second at a rate: all but `lost` frames are delivered, after `latency_us`."""
    latency = Histogram()
    latency.add([round(latency_us * 1e6)])
    core = CoreMeter(0, user_ps=round(busy * SECOND_PS))
    meters = Meters(arrived=rate, delivered=rate - lost, missed=lost, latency=latency, cores=[core])
    return Result(meters, SECOND_PS)


@pytest.mark.parametrize("limit", [3_000, 123_457, 9_999_000])
def test_the_bounds_close_in_on_the_rate_at_which_a_machine_begins_to_lose(limit: int) -> None:
    def machine(rate: int) -> Results:
        return (seen(rate), seen(rate, lost=max(0, rate - limit)))  # the second seed loses first

    found = answer(throughput(TOP, 0.001), machine)
    assert isinstance(found, Throughput)
    assert found.rate_pps is not None
    assert found.lossy_pps is not None
    assert found.rate_pps <= limit < found.lossy_pps
    assert found.lossy_pps - found.rate_pps <= max(1, 0.001 * found.rate_pps)
    assert found.trials < 30


def test_a_machine_that_never_loses_has_the_highest_rate_and_one_that_always_does_has_none() -> None:
    assert answer(throughput(TOP, 0.01), lambda rate: (seen(rate),)) == Throughput(TOP, None, 1)
    found = answer(throughput(TOP, 0.01), lambda rate: (seen(rate, lost=1),))
    assert isinstance(found, Throughput)
    assert found.rate_pps is None
    assert found.lossy_pps is not None
    assert found.lossy_pps < TOP / 1_000


def test_the_knee_of_a_single_server_is_half_its_capacity() -> None:
    """M/M/1 (Kleinrock 1979): power is greatest at a utilisation of one half."""
    capacity = 2_000_000

    def machine(rate: int) -> Results:
        served = min(rate, capacity * 0.999)
        return (seen(round(served), latency_us=1e6 / (capacity - served)),)

    found = answer(knee(TOP, 0.005), machine)
    assert isinstance(found, Knee)
    assert found.rate_pps == pytest.approx(capacity / 2, rel=0.1)
    assert found.latency_us == pytest.approx(2e6 / capacity, rel=0.15)


def test_where_power_still_grows_at_the_highest_rate_there_is_no_knee() -> None:
    found = answer(knee(TOP, 0.01), lambda rate: (seen(rate),))
    assert isinstance(found, Knee)
    assert (found.rate_pps, found.delivered_pps) == (None, TOP)


def test_a_core_that_polls_and_one_that_pays_for_each_packet_cross_where_their_costs_are_equal() -> (
    None
):
    """1 s / rate against 2,500 ns a packet: equal at 400,000 a second."""

    def machine(rate: int) -> Results:
        return (seen(rate, busy=rate * 2.5e-6), seen(rate, busy=1))

    found = answer(crossing(TOP, 0.001, FIGURES["cpu"]), machine)
    assert isinstance(found, Crossing)
    assert found.rate_pps == pytest.approx(400_000, rel=0.002)
    assert found.first_lower is True
    assert found.crossings == 1


def test_curves_that_keep_their_order_do_not_cross() -> None:
    def machine(rate: int) -> Results:
        return (seen(rate, busy=0.5), seen(rate, busy=0.4))

    found = answer(crossing(TOP, 0.01, FIGURES["cpu"]), machine)
    assert isinstance(found, Crossing)
    assert (found.rate_pps, found.first_lower, found.crossings) == (None, False, 0)


def test_rates_are_spread_with_equal_ratios() -> None:
    assert spread(1_000, 1_000_000, 4) == [1_000, 10_000, 100_000, 1_000_000]
    assert spread(1, 3, 9) == [1, 2, 3]


# ---- on the model ------------------------------------------------------------------------------


def asked(scenario: Scenario, datapath: str, frames: int, kind: Asked = Asked.THROUGHPUT) -> Question:
    return Question(
        asked=kind,
        model=Model(scenario, until=RunLength(frames=frames)),
        datapaths=(datapath,),
        seeds=1,
        resolution=0.01,
        figure=FIGURES["cpu"],
    )


def found(question: Question) -> Throughput:
    (answer,) = answers(question, Runner(Alone()))
    assert isinstance(answer, Throughput)
    return answer


def test_dpdk_takes_64_byte_frames_at_the_rate_of_a_10_gigabit_line() -> None:
    """14,880,952 a second: 64 bytes, preamble and gap are 672 bits."""
    slow = override(SCENARIO, [("link_gbps", "10")])
    assert top_rate(slow) == 10**10 // 672
    assert found(asked(slow, "dpdk", 3_000)) == Throughput(10**10 // 672, None, 1)


def test_a_core_is_full_at_one_frame_for_each_service_time() -> None:
    """10,000 cycles at 2 GHz are 5 us for each frame, and DPDK's own steps come on top.

    The ring of 64 hides an overload of 64 in 4,000 frames: 1.6 %.
    """
    busy = override(
        SCENARIO,
        [("app_cycles", "10000"), ("clock_mhz", "2000"), ("ring", "64"), ("datapath", "dpdk")],
    )
    half = measure(Point(override(busy, [("rate_pps", "1e5")]), CALIBRATION, Mark(0), Mark(10**10)))
    service_ns = FIGURES["work"].formula(half.meters, half.duration_ps)
    assert service_ns is not None
    assert service_ns == pytest.approx(5_000, rel=0.05)
    told = found(asked(busy, "dpdk", 4_000))
    assert told.rate_pps == pytest.approx(1e9 / service_ns, rel=0.03)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("short-connections", 'pattern = "tcp" waits for answers, so there is no offered rate'),
        ("request-response", 'pattern = "request" waits for answers, so there is no offered rate'),
        ("blast-udp", 'app = "generate" receives nothing'),
        ("flooded", "it has a flood"),
    ],
)
def test_a_scenario_without_an_offered_rate_is_refused_in_one_line(name: str, says: str) -> None:
    scenario = SCENARIOS[name]
    with pytest.raises(ScenarioError) as caught:
        answers(asked(scenario, scenario.datapath, 100), Runner(Alone()))
    assert says in str(caught.value)


def test_the_highest_rate_is_that_of_the_link_or_of_a_burst() -> None:
    assert top_rate(SCENARIO) == int(line_rate_pps(64, 100))
    assert top_rate(override(SCENARIO, [("pattern", "onoff"), ("peak_pps", "2e6")])) == 2_000_000
