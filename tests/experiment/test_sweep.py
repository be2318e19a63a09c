"""The design of a sweep: its points, their order, and the refusals before anything runs."""

from argparse import ArgumentTypeError

import pytest

from kbview.cli.span_text import axis
from kbview.emulator.keys import ScenarioError
from kbview.experiment.figure import FIGURES
from kbview.experiment.pool import Alone
from kbview.experiment.processes import local
from kbview.experiment.run import Runner
from kbview.experiment.stretch import RunLength
from kbview.experiment.sweep import Model, design
from kbview.sources.emulated.scenario import scenarios

SCENARIOS = scenarios()
MODEL = Model(SCENARIOS["overload-udp"], until=RunLength(frames=500))
CLOSED = Model(SCENARIOS["request-response"], until=RunLength(frames=200))

RANGES: list[tuple[str, tuple[float | str, ...]]] = [
    ("size=64,128,1518", (64, 128, 1518)),
    ("ring=64..1024/5", (64, 128, 256, 512, 1024)),
    ("burst=1:10:3", (1, 4, 7, 10)),
    ("rate=1k..10M/5", (1000, 10_000, 100_000, 1_000_000, 10_000_000)),
    ("rate=0.5M,8e5", (500_000, 800_000)),
    ("moderation_us=0,500ns,1ms", (0, 0.5, 1000)),
    ("loss=0:0.3:0.1", (0, 0.1, 0.2, 0.3)),
    ("wait=read,epoll", ("read", "epoll")),
    ("page=4K,2M", ("4K", "2M")),
    ("gro=true,false", ("true", "false")),
    ("profile=xdp18,modern", ("xdp18", "modern")),
    ("settings.cores=1,2:4:1,2", (1, 2, 3, 4)),
    ("flood.rate_pps=1M,2M", (1_000_000, 2_000_000)),
    ("size=64,imix", (64, "imix")),
]


@pytest.mark.parametrize(("text", "values"), RANGES)
def test_a_range_in_the_grammar_of_the_command_line(text: str, values: tuple[float | str, ...]) -> None:
    assert axis(text).values == values


REFUSED = [
    ("rate_pp=1,2", "unknown key; did you mean rate_pps?"),
    ("rign=64", "unknown key; did you mean ring?"),
    ("traffic.ring=64", "unknown key"),
    ("ring=300", "not a power of two; use 256 or 512"),
    ("ring=many", "write 800000, 8e5 or 800k"),
    ("cores=0:4:1", "use 1 to 256"),
    ("wait=sleep", 'use "read" or "epoll"'),
    ("gro=yes", "use true or false"),
    ("gro=1", "use true or false"),
    ("datapath=kernel", "use --datapath"),
    ("seed=1,2", "use --seeds"),
    ("closed_ports=7,8", "it takes a list of values"),
    ("ring", "write key=value"),
    ("rate=5:1:1", "TO above FROM"),
    ("rate=1:5:0", "STEP above 0"),
    ("rate=0..5/3", "FROM above 0"),
    ("rate=1..5/1", "N from 2 to 1000"),
    ("rate=1:1M:1", "use up to 1000"),
    ("rate=fast", "write 800000, 8e5 or 800k"),
    ("moderation_us=5parsecs", "write a number and one of ps, ns, us"),
    ("rate=" + "1," * 2000 + "1", "more than 2000 characters"),
]


@pytest.mark.parametrize(("text", "says"), REFUSED)
def test_a_wrong_range_is_refused_with_the_range_to_use(text: str, says: str) -> None:
    with pytest.raises(ArgumentTypeError) as caught:
        axis(text)
    assert says in str(caught.value)
    assert len(str(caught.value)) < 200


def test_each_combination_has_a_point_for_each_seed_in_a_fixed_order() -> None:
    made = design(MODEL, [axis("ring=64,128"), axis("wait=read,epoll")], ["kernel", "dpdk"], 2)
    told = [(*trial.values, trial.datapath) for trial in made.trials]
    assert told[:5] == [
        (64, "read", "kernel"),
        (64, "read", "dpdk"),
        (64, "epoll", "kernel"),
        (64, "epoll", "dpdk"),
        (128, "read", "kernel"),
    ]
    for trial in made.trials:
        first, second = (point.scenario for point in trial.points)
        assert (first.seed, second.seed) == (1, 2)
        assert (first.settings.ring, first.settings.wait, first.datapath) == (
            *trial.values,
            trial.datapath,
        )


def test_traffic_of_a_sweep_has_no_end_of_its_own() -> None:
    """overload-udp ends after 250,000 frames; a run ends where `until` says."""
    (trial,) = design(MODEL, [axis("ring=64")], ["kernel"], 1).trials
    assert MODEL.scenario.traffic.frames == 250_000
    assert trial.points[0].scenario.traffic.frames is None
    (kept,) = design(MODEL, [axis("frames=100")], ["kernel"], 1).trials
    assert kept.points[0].scenario.traffic.frames == 100


def test_frames_of_an_open_loop_are_a_time_and_its_first_fifth_is_warm_up() -> None:
    (trial,) = design(MODEL, [axis("rate=1M")], ["kernel"], 1).trials
    assert trial.points[0].begin.time_ps == 100_000_000
    assert trial.points[0].end.time_ps == 500_000_000
    (closed,) = design(CLOSED, [axis("flows=2")], ["kernel"], 1).trials
    assert (closed.points[0].begin.frames, closed.points[0].end.frames) == (40, 200)


@pytest.mark.parametrize(
    ("ranges", "datapaths", "seeds", "says"),
    [
        (["ring=64"], ["mtcp"], 1, "takes connections only"),
        (["rate=1k..200M/3"], ["kernel"], 1, "is more than link_gbps = 100 carries"),
        (["ring=64", "ring=128"], ["kernel"], 1, "given twice"),
        (["ring=64", "burst=1", "cores=1"], ["kernel"], 1, "once or twice"),
        (["ring=64"], ["kernel"], 0, "--seeds 0: use 1 to 31"),
        (["rate=1:1000:1", "cores=1:100:1"], ["kernel"], 1, "a sweep has up to 20,000"),
        (["rate=0.001"], ["kernel"], 1, "use --until with a time"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_before_anything_runs(
    ranges: list[str], datapaths: list[str], seeds: int, says: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        design(MODEL, [axis(text) for text in ranges], datapaths, seeds)
    assert says in str(caught.value)


def test_of_all_datapaths_the_unable_are_left_out_with_their_reason() -> None:
    made = design(MODEL, [axis("ring=64,128")], ["kernel", "mtcp"], 1, if_able=True)
    assert made.datapaths == ("kernel",)
    assert made.left_out == ('datapath mtcp takes connections only; use pattern = "tcp"',)
    assert len(made.trials) == 2


def test_the_table_is_the_same_on_one_and_on_two_processes() -> None:
    made = design(MODEL, [axis("rate=200k..3M/3")], ["kernel", "dpdk"], 2)
    two = local(2)
    try:
        assert made.run(Runner(two)) == made.run(Runner(Alone()))
    finally:
        two.close()


def test_past_its_limit_the_kernel_delivers_no_more_and_the_rest_is_lost() -> None:
    longer = Model(MODEL.scenario, until=RunLength(frames=5_000))
    made = design(longer, [axis("rate=200k,3M,6M")], ["kernel"], 1)
    rows = made.run(Runner(Alone()))
    delivered = [row.estimate(FIGURES["delivered"]).mean or 0 for row in rows]
    loss = [row.estimate(FIGURES["loss"]).mean or 0 for row in rows]
    assert delivered[0] == pytest.approx(200_000, rel=0.05)
    assert delivered[1] == pytest.approx(delivered[2], rel=0.05)
    assert loss[0] == 0
    assert 0 < loss[1] < loss[2]
