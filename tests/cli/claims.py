"""The claims of a comparison's sentences about the numbers beside them."""

import re
from collections.abc import Callable

import pytest

from kbview.tape.handover import FRAMES, NOTICE, TAP_NOTICE, TAPS
from tests.cli.sheets import NEITHER, OF_IP, TOO, Rows, number, whole

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
BUSY = "its core is busy whether packets come or not"
PRICE = "at a low rate empty polls are the price of its latency"


def times(rows: Rows, label: str, name: str, told: str) -> None:
    """`told` is "N times", "never" or "less than once in a hundred"."""
    cell = rows[label][name]
    assert number(cell) == (number(told.split(maxsplit=1)[0]) if told.endswith("times") else 0)


def all_delivered(rows: Rows, found: re.Match[str]) -> None:
    for name in rows["arrived"]:
        assert rows["arrived"][name] == rows["delivered"][name] == found[1]
        assert rows["given up on the way out"][name] in ("0", "unknown")


def delivers(rows: Rows, found: re.Match[str]) -> None:
    parts = re.findall(r"(\S+) delivers (all [\d,]+|[\d,]+ of [\d,]+) packets", found[0])
    assert len(parts) == 2
    for name, told in parts:
        delivered, arrived = rows["delivered"][name], rows["arrived"][name]
        assert told == (f"all {arrived}" if delivered == arrived else f"{delivered} of {arrived}")
        gone = [rows[label][name] for label in ("dropped", "missed: no free descriptor")]
        assert (gone == ["0", "0"]) if found[0].endswith("none is lost.") else ("unknown" in gone)


def loses(rows: Rows, found: re.Match[str]) -> None:
    parts = re.findall(r"(\S+) loses (none|[\d,]+) of ([\d,]+) packets", found[0])
    asked = re.findall(
        r"(\S+) drops ([\d,]+) of ([\d,]+) packets on purpose and loses (none|[\d,]+)", found[0]
    )
    assert len(parts) + len(asked) == 2
    for name, told, arrived in parts:
        died(rows, name, told, arrived)
        assert not whole(rows, "on purpose", name)
    for name, dropped, arrived, told in asked:
        died(rows, name, told, arrived)
        assert whole(rows, "on purpose", name) == number(dropped)


def died(rows: Rows, name: str, told: str, arrived: str) -> None:
    gone = whole(rows, "dropped", name) + whole(rows, "missed: no free descriptor", name)
    lost = gone - whole(rows, "on purpose", name)
    assert told == (f"{lost:,}" if lost else "none")
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
    assert found[3] == rows["stack"][found[2]]


def works(rows: Rows, name: str) -> bool:
    """Whether a layer of a stack had the packets of a datapath."""
    return rows["stack"][name] != NEITHER


def tapped(rows: Rows, found: re.Match[str]) -> None:
    assert found[1] in TAPS & rows["arrived"].keys()


def costs(rows: Rows, found: re.Match[str]) -> None:
    more, more_ns, per, more_for_less, less, less_ns, for_less, ratio, dear, steps = found.groups()
    paid = rows["CPU time without empty polls, ns"]
    assert (paid[more], paid[less]) == (more_ns, less_ns)
    assert per == rows["per"][more]
    assert bool(more_for_less) is (more in LESSER and less not in LESSER and works(rows, less))
    assert bool(for_less) is (less in LESSER and more not in LESSER and works(rows, more))
    if ratio != "about":  # both numbers are rounded to 1 ns
        assert number(ratio) == pytest.approx(number(more_ns) / number(less_ns), rel=0.06)
    assert dear == more
    listed = [one.rsplit(maxsplit=1)[0] for one in rows["steps"][more].split(", ")]
    assert steps.split(", ") == listed[:3]


def counts(rows: Rows, found: re.Match[str]) -> None:
    greater, verb, more, per, fewer, less = found.groups()
    label = COUNTS[verb]
    assert per == rows["per"][greater]
    times(rows, label, greater, f"{more} times")
    times(rows, label, fewer, less)
    assert number(rows[label][greater]) > number(rows[label][fewer])


def latencies(rows: Rows, found: re.Match[str]) -> None:
    parts = re.findall(rf"{NUMBER} us through (\w+(?:-\w+)?)( as frames)?", found[0])
    assert len(parts) == 2
    for us, name, form in parts:
        assert rows["p50"][name] == us
        assert bool(form) is (name in FRAMES)
    assert number(parts[0][0]) < number(parts[1][0])


def polling(rows: Rows, found: re.Match[str]) -> None:
    name, useful, words = found.groups()
    assert rows["of polling time useful, %"][name] == useful
    assert number(useful) < 50.05
    latency = rows["p50"]
    (beside,) = latency.keys() - {name}
    gains = "-" not in latency.values() and number(latency[name]) < number(latency[beside])
    assert words == (PRICE if gains else BUSY)


def sends(rows: Rows, found: re.Match[str]) -> None:
    for name, rate in ((found[1], found[2]), (found[3], found[4])):
        assert rows["sent frames"][name] == rate


Claim = tuple[str, Callable[[Rows, re.Match[str]], None]]
CLAIMS: tuple[Claim, ...] = (
    (rf"Both deliver all {NUMBER} packets\.", all_delivered),
    (r"(?:The same clients, which wait for answers: )?.* delivers .* packets(?:; none is lost)?\.",
     delivers),
    (r"(?:The same clients, which wait for answers: )?.* loses .*\.", loses),
    (r".* gives the application .* end in a stack's own protocols\.", gives),
    (rf"(\S+): {NOTICE}\. (\S+) ({TOO}|{OF_IP}|{NEITHER})\.", unlike),
    (rf"(\S+): {TAP_NOTICE}\.", tapped),
    (
        (
            rf"(\S+) spends {NUMBER} ns of CPU time {PER}{LESS}, (\S+) {NUMBER}{LESS}: "
            r"(about|[\d.]+)(?: times)? as much, empty polls left out\. "
            r"The dearest steps of (\S+): (.*)\."
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
    (rf"(\S+) finds packets in {NUMBER} % of its polling time: ({PRICE}|{BUSY})\.", polling),
    (rf"(\S+) sends {NUMBER} frames a second, (\S+) {NUMBER}: .* as many\.", sends),
)  # fmt: skip


def check(sentence: str, rows: Rows) -> None:
    """Assert that a sentence is of a known form, and that all its numbers are those of the rows."""
    matches = ((confirm, re.fullmatch(form, sentence)) for form, confirm in CLAIMS)
    confirm, found = next(match for match in matches if match[1])
    assert found is not None
    confirm(rows, found)
