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


def lost(found: Report) -> float:
    """The share of the arrived frames that were dropped or missed, in percent."""
    gone = [found.frames[name] for name in ("dropped", "missed")]
    assert found.frames["arrived"]
    return 100 * sum(one for one in gone if one is not None) / found.frames["arrived"]


def step_ns(found: Report, name: str) -> float:
    """The time of a step for each delivered packet, in ns."""
    total_ps = sum(int(one["total_ps"]) for one in found.stages if one["stage"] == name)
    return total_ps / found.packets / 1000


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


def test_a_read_that_sums_each_byte_loses_datagrams() -> None:
    (share,) = said("summed-by-cpu", r"--set gro=false .* the socket drops (\d+) %")
    assert round(lost(report("summed-by-cpu", 40, {"gro": "false"}))) == share
    assert lost(report("summed-by-cpu", 40)) < 0.1


def test_a_reader_on_another_core_pays_for_the_lines_of_each_sk_buff() -> None:
    (moved_ns,) = said("reader-elsewhere", r"move, (\d+) ns; --set app_cpu=0 saves that")
    elsewhere, here = (report("reader-elsewhere", 20, keys) for keys in ({}, {"app_cpu": "0"}))
    assert step_ns(elsewhere, "skb_lines") == moved_ns
    assert step_ns(here, "skb_lines") == 0
    (rate,) = said("reader-elsewhere", r"loses half at --rate (\d+)")
    assert lost(report("reader-elsewhere", 20, rate_pps=rate)) == 0
    assert lost(report("reader-elsewhere", 20, {"app_cpu": "0"}, rate)) == pytest.approx(50, abs=3)


def test_the_screened_router_of_1996_forwards_nothing() -> None:
    (rate,) = said("screened-router", r"(\d+) a second arrive and none is forwarded")
    found = report("screened-router", 300)
    assert found.rates["offered_pps"] == pytest.approx(rate)
    assert (found.frames["forwarded"], found.frames["sent"]) == (0, 0)


def test_a_call_for_each_packet_loses_most_packets() -> None:
    assert (
        "--set burst=1 makes a call for each packet and loses most" in scenarios()["batched-io"].summary
    )
    assert lost(report("batched-io", 3)) == 0
    assert lost(report("batched-io", 3, {"burst": "1"})) > 50


def test_every_fifth_poll_of_netmap_sleeps() -> None:
    assert "every fifth sleeps first" in scenarios()["shared-slots"].summary
    counts = report("shared-slots", 5).counts
    assert counts["syscalls"]
    assert counts["wakeups"]
    assert round(counts["syscalls"] / counts["wakeups"]) == 5
    (rate,) = said("shared-slots", r"--rate (\d+) leaves no time for sleep")
    assert report("shared-slots", 5, rate_pps=rate).counts["wakeups"] == 1  # before the first frame


def test_a_read_serves_the_datagrams_that_gro_merges() -> None:
    """net/ipv4/udp_offload.c udp_gro_receive_segment(): one sk_buff is queued and read."""
    (merged,) = said("merged-datagrams", r"GRO merges all (\d+) into one sk_buff")
    assert scenarios()["merged-datagrams"].summary.startswith(f"a sender of {merged:.0f} datagrams")
    found = report("merged-datagrams", 10)
    assert found.counts["copies"] == delivered(found) / merged
    assert found.counts["syscalls"] == delivered(found) / merged + 1  # the first finds nothing


def test_a_clean_cache_loses_no_datagram() -> None:
    assert "app_lines=0 or recv_call=recvmmsg loses no" in scenarios()["polluted-cache"].summary
    assert lost(report("polluted-cache", 5)) > 10
    for key, value in (("app_lines", "0"), ("recv_call", "recvmmsg")):
        assert lost(report("polluted-cache", 5, {key: value})) == 0


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
