"""No sentence of `kbview compare` contradicts the table above it."""

import re
from collections.abc import Callable
from itertools import pairwise

import pytest

from kbview.cli.main import main
from kbview.cli.together import run_together
from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.settings import ScenarioError
from kbview.sources.emulated.scenario import scenarios
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.compare_words import contrast
from kbview.state.report import Report
from kbview.tape.handover import FRAMES, NOTICE, TAP_NOTICE, TAPS
from tests.cli.captures import HTTP

Rows = dict[str, dict[str, str]]  # by label, by datapath

COUNTS = {
    "crosses the wall between user and kernel": "mode switches",
    "copies the payload": "copies by a CPU",
    "allocates an sk_buff": "sk_buffs allocated",
    "is interrupted": "interrupts",
    "changes the task": "context switches",
}
NUMBER = r"([\d,]+(?:\.\d+)?)"
LESSER = FRAMES - TAPS  # no stack handles their packets anywhere
PER = r"for each ([a-z ]+?)"
LESS = r"(, for less work)?"


def number(text: str) -> float:
    return float(text.replace(",", ""))


def whole(rows: Rows, label: str, name: str) -> int:
    return int(number(rows[label][name]))


def rows_of(lines: list[str]) -> Rows:
    """The table of at most four datapaths; cells end where the names of its head end."""
    at = next(at for at, line in enumerate(lines) if line.split() and set(line.split()) <= {*DATAPATHS})
    head, names = lines[at], lines[at].split()
    ends = [head.index(name) + len(name) for name in names]
    rows: Rows = {"per": dict.fromkeys(names, "")}
    for line in lines[at + 1 :]:
        if line.startswith("for each "):
            rows["per"] = dict.fromkeys(names, line.strip().removeprefix("for each "))
        label = re.split(r"\s{2,}", line.strip())[0]
        cells = [line[begin:end].strip() for begin, end in pairwise([0, *ends])]
        told = [re.split(r"\s{2,}", cell)[-1] for cell in cells]
        rows.setdefault(label, dict(zip(names, told, strict=True)))
    return rows


def times(rows: Rows, label: str, name: str, told: str) -> None:
    """`told` is "N times", "never" or "less than once in a hundred"."""
    cell = number(rows[label][name])
    if told.endswith("times"):
        assert number(told.split(maxsplit=1)[0]) == cell
    else:
        assert cell <= 0.01
        assert told in ("never", "less than once in a hundred")


def all_delivered(rows: Rows, found: re.Match[str]) -> None:
    for name in rows["arrived"]:
        assert rows["arrived"][name] == rows["delivered"][name] == found[1]


def delivers(rows: Rows, found: re.Match[str]) -> None:
    for name, told in re.findall(r"(\S+) delivers (all [\d,]+|[\d,]+ of [\d,]+) packets", found[0]):
        assert whole(rows, "dropped", name) == whole(rows, "missed: no free descriptor", name) == 0
        delivered, arrived = rows["delivered"][name], rows["arrived"][name]
        assert told == (f"all {arrived}" if delivered == arrived else f"{delivered} of {arrived}")


def loses(rows: Rows, found: re.Match[str]) -> None:
    for name, told, arrived in re.findall(r"(\S+) loses (none|[\d,]+) of ([\d,]+) packets", found[0]):
        gone = whole(rows, "dropped", name) + whole(rows, "missed: no free descriptor", name)
        assert told == (f"{gone:,}" if gone else "none")
        assert arrived == rows["arrived"][name]


def gives(rows: Rows, found: re.Match[str]) -> None:
    parts = re.findall(rf"(\S+) gives the application {NUMBER} of them as (\S+?)[,;]", found[0])
    assert len(parts) == 2
    for name, count, form in parts:
        assert rows[f"to the application, as {form}"][name] == count
        assert (form == "frames") is (name in FRAMES)


def unlike(rows: Rows, found: re.Match[str]) -> None:
    assert found[1] in LESSER
    assert found[2] in rows["arrived"].keys() - FRAMES


def tapped(rows: Rows, found: re.Match[str]) -> None:
    assert found[1] in TAPS & rows["arrived"].keys()


def costs(rows: Rows, found: re.Match[str]) -> None:
    more, more_ns, per, more_for_less, less, less_ns, for_less, ratio = found.groups()
    paid = rows["CPU time without empty polls, ns"]
    assert (paid[more], paid[less]) == (more_ns, less_ns)
    assert per == rows["per"][more]
    assert bool(more_for_less) is (more in LESSER and less not in LESSER)
    assert bool(for_less) is (less in LESSER and more not in LESSER)
    if ratio != "about":  # both numbers are rounded to 1 ns
        assert number(ratio) == pytest.approx(number(more_ns) / number(less_ns), rel=0.06)


def counts(rows: Rows, found: re.Match[str]) -> None:
    greater, verb, more, per, fewer, less = found.groups()
    label = COUNTS[verb]
    assert per == rows["per"][greater]
    times(rows, label, greater, f"{more} times")
    times(rows, label, fewer, less)
    assert number(rows[label][greater]) > number(rows[label][fewer])


def latencies(rows: Rows, found: re.Match[str]) -> None:
    for us, name, form in re.findall(rf"{NUMBER} us through (\w+(?:-\w+)?)( as frames)?", found[0]):
        assert rows["p50"][name] == us
        assert bool(form) is (name in FRAMES)


def polling(rows: Rows, found: re.Match[str]) -> None:
    assert rows["of polling time useful, %"][found[1]] == found[2]


def sends(rows: Rows, found: re.Match[str]) -> None:
    for name, rate in ((found[1], found[2]), (found[3], found[4])):
        assert rows["sent frames"][name] == rate


CLAIMS: tuple[tuple[str, Callable[[Rows, re.Match[str]], None]], ...] = (
    (rf"Both deliver all {NUMBER} packets\.", all_delivered),
    (r"(?:The same clients, which wait for answers: )?.* delivers .*; none is lost\.", delivers),
    (r"(?:The same clients, which wait for answers: )?.* loses .*\.", loses),
    (r".* gives the application .* end in a stack's own protocols\.", gives),
    (rf"(\S+): {NOTICE}\. (\S+) does that work, too\.", unlike),
    (rf"(\S+): {TAP_NOTICE}\.", tapped),
    (
        (
            rf"(\S+) spends {NUMBER} ns of CPU time {PER}{LESS}, (\S+) {NUMBER}{LESS}: "
            r"(about|[\d.]+)(?: times)? as much, empty polls left out; most goes to .*\."
        ),
        costs,
    ),
    (
        (
            rf"(\S+) ({'|'.join(COUNTS)}) {NUMBER} times {PER}, (\S+) "
            r"(never|less than once in a hundred|[\d.,]+ times)\."
        ),
        counts,
    ),
    (r"Half of the packets (?:for the application reach it|that are passed on leave the host) .*\.",
     latencies),
    (rf"(\S+) finds packets in {NUMBER} % of its polling time: .*\.", polling),
    (rf"(\S+) sends {NUMBER} frames a second, (\S+) {NUMBER}: .* as many\.", sends),
)  # fmt: skip


def run(source: str, datapaths: list[str]) -> list[Report]:
    return run_together(
        [resolve(source, Choice(datapath=name, frames=200)) for name in datapaths], None
    )


def able(source: str, datapath: str) -> bool:
    scenario = scenarios()[source]
    try:
        scenario.check(datapath)
        DATAPATHS[datapath].check(scenario.settings)
    except ScenarioError:
        return False
    return True


def pairs() -> list[tuple[str, str]]:
    """Each scenario with the kernel beside the datapath it is about, else beside another; captures."""
    found = []
    for name, scenario in scenarios().items():
        wanted = [
            each for each in (scenario.datapath, "mtcp", "dpdk", "kernel-irq") if each != "kernel"
        ]
        beside = [each for each in wanted if able(name, each)]
        if able(name, "kernel") and beside:
            found.append((name, f"kernel,{beside[0]}"))
    captures = sorted(HTTP.parent.glob("*.pcap"))
    return [*found, *((str(path), f"kernel,{name}") for path in captures for name in ("dpdk", "mtcp"))]


@pytest.mark.parametrize(("source", "datapaths"), pairs())
def test_no_sentence_contradicts_the_table(
    source: str, datapaths: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["compare", source, "--until", "1000", "--datapath", datapaths]) == 0
    table, _, told = capsys.readouterr().out.partition("\nkernel and ")
    rows = rows_of(table.splitlines())
    _, *sentences = re.split(r"\n  - ", told)
    assert sentences
    for sentence in (" ".join(each.split()) for each in sentences):
        matches = ((check, re.fullmatch(form, sentence)) for form, check in CLAIMS)
        check, found = next(match for match in matches if match[1])
        assert found is not None
        check(rows, found)
    unlike_work = len({name in LESSER for name in datapaths.split(",")}) == 2
    assert (NOTICE in told) is (unlike_work and "arrived" in rows)


def test_beside_a_tap_the_stack_s_work_is_done() -> None:
    """net/core/dev.c __netif_receive_skb_core(): the tap's reference, then ip_rcv() as ever."""
    reports = run("paced-udp", ["kernel", "af_packet"])
    words = " ".join(contrast(*reports))
    assert {"ip_rcv", "udp_rcv"} <= {one["stage"] for one in reports[1].stages}
    assert TAP_NOTICE in words
    assert "for less work" not in words
    assert "no IP" not in words


def test_most_scenarios_are_compared() -> None:
    assert len(pairs()) > 30
