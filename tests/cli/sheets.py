"""The numbers that sentences are checked against: as the terminal, Markdown and JSON show them."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from kbview.emulator.datapaths import DATAPATHS
from kbview.tape.handover import FRAMES

# The work of a stack beside a datapath that gives frames.
TOO, OF_IP, NEITHER = "does that work, too", "does the work of IP alone", "does none of it here, either"
ASKED_FOR = {
    ("app", "DISCARDED"),
    ("xdp", "XDP"),
    ("netif", "NETFILTER_DROP"),
    ("ip", "NETFILTER_DROP"),
}
Rows = dict[str, dict[str, str]]  # by label, by datapath
POLLS_IN_VAIN = {"rx_burst_empty", "xsk_peek_empty"}
PER_PACKET = {
    "interrupts": "interrupts",
    "mode switches": "mode_switches",
    "context switches": "context_switches",
    "copies by a CPU": "copies",
    "sk_buffs allocated": "allocations",
}


def number(text: str) -> float:
    return float(text.replace(",", ""))


def whole(rows: Rows, label: str, name: str) -> int:
    return int(number(rows[label][name]))


def plain(text: str) -> str:
    """Markdown's text as it is shown."""
    return re.sub(r"\\(.)", r"\1", text).strip()


def of_terminal(lines: list[str]) -> Rows:
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
        if found := re.match(r"(\S+): CPU time by step, ns for each [a-z ]+: (.*)", line):
            rows.setdefault("steps", {})[found[1]] = found[2]
    return rows


def of_markdown(lines: list[str]) -> Rows:
    """The table of a Markdown report."""
    cells = [[plain(cell) for cell in line.split(" | ")] for line in lines if line.startswith("| ")]
    names = [name.rstrip(" |") for name in cells[0][1:]]
    rows: Rows = {"per": dict.fromkeys(names, "")}
    for first, *told in cells[1:]:
        label = first.removeprefix("| ")
        if label.startswith("for each "):
            rows["per"] = dict.fromkeys(names, label.removeprefix("for each "))
        values = [value.rstrip(" |") for value in told]
        rows.setdefault(label, dict(zip(names, values, strict=True)))
    return rows


def of_json(reports: list[dict[str, Any]]) -> Rows:
    """The rows that sentences name, from the numbers of reports as programs get them."""
    rows: Rows = {}
    for report in reports:
        for label, value in _values(report):
            rows.setdefault(label, {})[report["datapath"]] = value
    return rows


def _values(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    frames, counts = report["frames"], report["counts"]
    for label, name in (
        ("arrived", "arrived"),
        ("delivered", "delivered"),
        ("dropped", "dropped"),
        ("missed: no free descriptor", "missed"),
    ):
        yield label, _whole(frames[name])
    yield "given up on the way out", _whole(counts["unsent"])
    yield "on purpose", f"{asked(report):,}"
    yield "stack", work_of_stack(report)
    per, packets = shared(report)
    yield "per", per
    received = application(report)
    form = "frames" if report["datapath"].split()[0] in FRAMES else "payload"
    yield f"to the application, as {form}", _whole(received)
    for label, name in PER_PACKET.items():
        yield label, _each(counts[name], packets)
    paid = [one for one in report["stages"] if one["stage"] not in POLLS_IN_VAIN]
    busy_ps = sum(
        time_ps
        for core in report["cores"]
        for name, time_ps in core.items()
        if name not in ("cpu", "idle_ps", "poll_empty_ps")
    )
    work_ps = sum(one["total_ps"] for one in paid)
    work_ps = work_ps if report["cores_shared"] else min(work_ps, busy_ps)
    ns = work_ps / packets / 1000 if packets else 0.0
    yield "CPU time without empty polls, ns", f"{ns:,.0f}" if ns else "-"
    yield "steps", ", ".join(f"{one['stage']} 0" for one in paid[:6])
    middle = report["latency_ps"]["p50"]
    yield "p50", "-" if middle is None else f"{middle / 1e6:,.2f}"
    useful = sum(core["poll_useful_ps"] for core in report["cores"])
    spent = useful + sum(core["poll_empty_ps"] for core in report["cores"])
    yield "of polling time useful, %", f"{100 * useful / spent:.1f}" if spent else "-"
    sent = (frames["sent"] or 0) * 1e12 / report["duration_ps"] if report["duration_ps"] else 0
    yield "sent frames", f"{sent:,.0f}"


def asked(report: dict[str, Any]) -> int:
    """Packets that were dropped because an application, a program or a rule asks for it."""
    drops = report["drops"]
    return sum(one["count"] for one in drops if (one["where"], one["reason"]) in ASKED_FOR)


def work_of_stack(report: dict[str, Any]) -> str:
    """The words for the layers that had packets, by the steps that were paid for."""
    names = {one["stage"] for one in report["stages"]}
    if not report["profile"] or any(
        re.match(r"(udp|tcp_v4|user_udp|mtcp_tcp)_|user_send", each) for each in names
    ):
        return TOO
    return OF_IP if any(re.match(r"(ip|user_ip|mtcp_ip)_", each) for each in names) else NEITHER


def application(report: dict[str, Any]) -> int | None:
    """Packets that neither went on nor ended in a protocol of the host."""
    ends = [report["frames"][name] for name in ("delivered", "consumed", "forwarded")]
    return None if None in ends else ends[0] - ends[1] - ends[2]


def shared(report: dict[str, Any]) -> tuple[str, int]:
    """The packets that share all costs: their name and number."""
    frames = report["frames"]
    if report["closed_loop"] and application(report):
        return "packet that the application received", application(report) or 0
    if not frames["delivered"] and not frames["arrived"] and frames["sent"]:
        return "sent frame", frames["sent"]
    if not frames["delivered"] and asked(report):
        return "packet dropped on purpose", asked(report)
    return "delivered packet", frames["delivered"] or 0


def _whole(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"


def _each(count: int | None, packets: int) -> str:
    if count is None:
        return "unknown"
    return f"{count / packets:,.2f}" if packets else f"{count:,} in all"
