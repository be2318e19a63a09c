"""A scenario's caption says the numbers that the model has today."""

import re
from collections.abc import Mapping

import pytest

from kbview.sources.emulated.scenario import scenarios
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.report import Report, build
from kbview.state.state import State
from kbview.tape.detail import Detail
from kbview.tape.tape import Tape

MS_PS = 10**9


def report(
    word: str, until_ms: int, keys: Mapping[str, str] | None = None, rate_pps: float | None = None
) -> Report:
    """The report of a bundled scenario after so many milliseconds, with other values of its keys."""
    source = resolve(word, Choice(rate_pps=rate_pps, overrides=tuple((keys or {}).items())))
    source.set_detail(Detail.METERS)
    tape, state = Tape(), State()
    source.pump(tape, until_ms * MS_PS)
    for record in tape.read(0):
        state.apply(record)
    source.close()
    return build(source.heading, source.capabilities.meters, state)


def said(word: str, form: str) -> list[float]:
    """The numbers of the caption, where it has this form."""
    found = re.search(form, scenarios()[word].summary)
    assert found is not None, scenarios()[word].summary
    return [float(number) for number in found.groups()]


def busy(found: Report) -> float:
    """The share of its time that the first core is busy, in percent."""
    booked = {name: time for name, time in found.cores[0].items() if name.endswith("_ps")}
    return 100 - 100 * booked["idle_ps"] / sum(booked.values())


def p50_us(found: Report) -> float:
    assert found.latency_ps["p50"] is not None
    return found.latency_ps["p50"] / 1e6


def delivered(found: Report) -> int:
    assert found.frames["delivered"]
    return found.frames["delivered"]


def test_a_sleeping_dpdk_core() -> None:
    form = r"core is (\d+) % busy, latency (\d+) us; .* (\d+) % busy, ([\d.]+) us"
    share, latency, spinning, polled = said("dpdk-sleeping", form)
    sleeping, polling = (
        report("dpdk-sleeping", 20, {"dpdk_interrupts": how}) for how in ("true", "false")
    )
    assert [round(busy(sleeping)), round(p50_us(sleeping))] == [share, latency]
    assert [round(busy(polling)), round(p50_us(polling), 1)] == [spinning, polled]


def test_descriptors_that_wait_for_others() -> None:
    (longest,) = said("gathered-descriptors", r"--rate 10000 waits (\d+) us")
    assert round(p50_us(report("gathered-descriptors", 20, rate_pps=10_000))) == longest
    gathered, single = (report("gathered-descriptors", 5, {"write_back": each}) for each in ("4", "1"))
    assert p50_us(gathered) > 3 * p50_us(single)


def test_the_stack_forwards_at_two_fifths_of_the_rate_of_xdp() -> None:
    assert "at two fifths of the rate" in scenarios()["xdp-forward"].summary
    xdp, stack = (report("xdp-forward", 4, keys) for keys in ({}, {"forward_at": "ip"}))
    assert delivered(stack) / delivered(xdp) == pytest.approx(2 / 5, abs=0.02)


def test_a_sleeping_core_answers_slowest() -> None:
    assert "lowers the latency" in scenarios()["light-load"].summary
    assert p50_us(report("light-load", 10)) > 5 * p50_us(report("light-load", 5, rate_pps=1_000_000))


def test_one_reader_of_the_socket_serves_as_many_as_two() -> None:
    assert "--set readers=1 serves as many" in scenarios()["two-readers"].summary
    one, two = (report("two-readers", 20, keys) for keys in ({"readers": "1"}, {}))
    assert delivered(one) == pytest.approx(delivered(two), rel=0.08)


@pytest.mark.parametrize(
    ("word", "until_ms", "keys"),
    [
        ("cold-copies", 8, {"rcvbuf": "212992"}),
        ("cold-copies", 8, {"cold_copies": "false"}),
        ("polluted-cache", 5, {"app_lines": "0"}),
        ("polluted-cache", 5, {"recv_call": "recvmmsg"}),
        ("small-pages", 3, {"page": "2M"}),
        ("siblings", 10, {"smt": "false"}),
        ("far-node", 10, {"numa_nodes": "1"}),
        ("two-readers", 20, {"reuseport": "true"}),
    ],
)
def test_the_setting_that_a_caption_names_delivers_more(
    word: str, until_ms: int, keys: dict[str, str]
) -> None:
    ((key, value),) = keys.items()
    assert f"{key}={value}" in scenarios()[word].summary
    assert delivered(report(word, until_ms, keys)) > 1.04 * delivered(report(word, until_ms))
