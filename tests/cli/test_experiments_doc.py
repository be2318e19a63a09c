"""Each command of docs/experiments.md runs, and shows the shape and the numbers of the text."""

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from kbview.cli.main import main
from tests.measures import ROOT

Curves = dict[str, list[dict[str, float]]]  # by datapath: the figures, in the order of the range
LINES = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8").splitlines()
COMMANDS = [shlex.split(line)[1:] for line in LINES if line.startswith("    kbview ")]


TEXT = " ".join(" ".join(LINES).split())


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> Any:
    """The JSON of a command."""
    short = [word for word in words if word != "--plot"]
    assert main([*short, "--json", "--jobs", "1", "--fresh"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def livelock(curves: Curves) -> None:
    """Delivery rises, peaks, and ends; DPDK's goes on rising."""
    classic = [point["delivered"] for point in curves["kernel-irq"]]
    assert classic[0] == pytest.approx(100_000, rel=0.05)
    assert max(classic) > 4 * classic[0]
    assert classic[-1] < 0.05 * max(classic)
    assert [point["loss"] for point in curves["dpdk"]] == [0] * len(classic)
    peak = classic.index(max(classic))
    assert curves["kernel-irq"][peak]["busy"] == pytest.approx(100, abs=0.1)
    assert f"rises to {classic[peak] / 1e3:.0f},000 packets/s at 800,000 offered" in TEXT
    assert f"falls to {classic[4]:.0f} at 1.6 million, and is zero at 3.2 million" in TEXT
    assert (peak, classic[5]) == (3, 0)


def batching(curves: Curves) -> None:
    """Calls and work for each packet fall with each doubling."""
    psio = curves["psio"]
    assert psio[0]["syscalls"] == pytest.approx(2, rel=0.05)
    assert psio[-1]["syscalls"] == pytest.approx(2 / 64, rel=0.1)
    work = [point["work"] for point in psio]
    assert work == sorted(work, reverse=True)
    assert work[0] > 10 * work[-1]
    assert f"{work[0]:.0f} ns of work a packet through `psio`" in TEXT
    assert f"64 packets a call: {work[-1]:.0f} ns" in TEXT
    gain = curves["dpdk"][0]["work"] / curves["dpdk"][-1]["work"]
    assert f"gain a factor of {gain:.1f}" in TEXT


_MOVED_LINES_NS = 84  # row skb_lines of xdp18
_FIRST_TOUCH_NS = 23.6  # row frame_touch of xdp18


def clock(curves: Curves) -> None:
    """All is in cycles but the lines that move to the reader's core, and DPDK's touch of a frame."""
    kernel, dpdk = curves["kernel"], curves["dpdk"]
    slow_ns, fast_ns = (1e9 / kernel[at]["delivered"] for at in (0, -1))
    assert (4 * fast_ns - slow_ns) / 3 == pytest.approx(_MOVED_LINES_NS, rel=0.1)
    no_cycles_ns = (4 * dpdk[-1]["work"] - dpdk[0]["work"]) / 3
    assert no_cycles_ns == pytest.approx(_FIRST_TOUCH_NS, rel=0.1)
    first, last = (kernel[at]["delivered"] / 1e6 for at in (0, -1))
    assert f"{first:.2f} to {last:.2f} million packets/s, {last / first:.1f} times" in TEXT
    first, last = (dpdk[at]["delivered"] / 1e6 for at in (0, -1))
    assert f"{first:.1f} to {last:.1f} million, {last / first:.1f} times" in TEXT


def sizes(curves: Curves) -> None:
    """DPDK is at line rate with every size; the kernel from 1024 bytes on."""
    assert curves["dpdk"][0]["offered"] == pytest.approx(14.88e6, rel=0.001)
    for point in [*curves["dpdk"], *curves["kernel"][-2:]]:
        assert point["delivered"] == pytest.approx(point["offered"], rel=0.02)
    assert curves["kernel"][0]["delivered"] == pytest.approx(1.8e6, rel=0.05)
    assert curves["kernel"][3]["delivered"] < 0.8 * curves["kernel"][3]["offered"]
    small, large = (curves["kernel"][at]["delivered"] / 1e6 for at in (0, 3))
    assert f"delivers {small:.1f} million of these, {large:.1f} million of 512 bytes" in TEXT


def coalescing(curves: Curves) -> None:
    """A longer wait: fewer interrupts, less work, more latency."""
    first, last = curves["kernel"][0], curves["kernel"][-1]
    assert first["interrupts"] > 20 * last["interrupts"]
    assert first["work"] > 2 * last["work"]
    assert first["latency-p50"] < last["latency-p50"] / 20
    assert f"from {first['interrupts']:.2f} to {last['interrupts']:.3f} a packet" in TEXT
    assert f"from {first['work'] / 1e3:.1f} us to {last['work'] / 1e3:.2f} us a packet" in TEXT
    assert f"from {first['latency-p50']:.1f} us to {last['latency-p50']:.0f} us" in TEXT


SHAPES: dict[str, Callable[[Curves], None]] = {
    "livelock-classic": livelock,
    "batched-io": batching,
    "overload-udp": clock,
    "steady-udp": sizes,
    "steady-udp moderation": coalescing,
}


def key_of(words: list[str]) -> str:
    return words[1] + (" moderation" if any("moderation_us" in word for word in words) else "")


@pytest.mark.parametrize("words", [each for each in COMMANDS if each[0] == "sweep"], ids=key_of)
def test_a_sweep_shows_what_the_text_says(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    made = told(words, capsys)
    curves: Curves = {}
    for row in made["rows"]:
        figures = {name: each["mean"] for name, each in row["figures"].items()}
        curves.setdefault(row["datapath"], []).append(figures)
    SHAPES[key_of(words)](curves)


def test_all_five_are_there() -> None:
    assert {key_of(words) for words in COMMANDS if words[0] == "sweep"} == SHAPES.keys()
    assert sum(words[0] == "find" for words in COMMANDS) == 3


@pytest.mark.parametrize("words", [each for each in COMMANDS if each[0] == "find"], ids=" ".join)
def test_each_question_has_an_answer(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    crosses = "--cross" in words
    made = told(words if crosses else [*words, "--resolution", "5%", "--until", "5k"], capsys)
    assert made["answers"]
    for answer in made["answers"]:
        assert 100_000 < answer["rate_pps"] < 100_000_000
    if crosses:
        assert f"cross at {made['answers'][0]['rate_pps'] // 1000},000 packets/s" in TEXT


def test_polling_moves_the_collapse_and_does_not_feed_an_application(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Mogul and Ramakrishnan 1997, section 7: user processes need a limit on the polling thread."""
    words = ["sweep", "livelock-classic", "--over", "rate=800k,1.6M,3.2M", "--set", "irq_cure=polling"]
    rows = told([*words, "--show", "delivered,loss"], capsys)["rows"]
    light, double, flood = (row["figures"] for row in rows)
    assert light["loss"]["mean"] == 0
    assert double["delivered"]["mean"] > 500_000
    assert flood["delivered"]["mean"] < 10_000
    for words_of in ("all 800,000 are delivered", "comes at twice the rate", "starves at 3.2 million"):
        assert words_of in TEXT
