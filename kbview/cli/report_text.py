"""A report for people: one table, the datapaths as columns, and what there is to know about them."""

import json
from collections.abc import Callable, Iterator, Sequence

import msgspec
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from kbview.cli import many_text
from kbview.cli.paper import say
from kbview.state.budget import FEW_LOST
from kbview.state.compare_words import each, lost, work_ps
from kbview.state.flows import FOUND_NOTHING
from kbview.state.report import SENT, Report
from kbview.tape.handover import notice
from kbview.ui.characters import clean

MOST_BESIDE = 4  # as columns; of more, each is a line

Cell = Callable[[Report], str]


class _Paper(Console):
    """Standard output for tables: every segment passes the gate that `say` is for plain text.

    A reader that has gone is no failure of the report; the exit code says so.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            text = "\n".join(map(clean, segment.text.split("\n")))
            yield segment if segment.control else Segment(text, segment.style)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def print_json(reports: Sequence[Report]) -> None:
    """A list with one object a datapath."""
    say(json.dumps(msgspec.to_builtins(list(reports)), indent=2))


def print_table(reports: Sequence[Report]) -> None:
    """The same for reading: a few as columns, many as lines."""
    console = _Paper(highlight=False, soft_wrap=False)
    for heading in dict.fromkeys(map(title, reports)):
        console.print(Text(heading, style="bold"))
    for profile, machine in dict.fromkeys((report.profile, report.machine) for report in reports):
        if machine:
            console.print(Text(many_text.wrapped(clean(f"{profile}: {machine}"))))
    for note in dict.fromkeys(note for report in reports for note in report.notes):
        console.print(Text(many_text.wrapped(clean(note))))
    if len(reports) > MOST_BESIDE:
        many_text.print_lines(console, reports)
    else:
        _print_columns(console, reports)
    _print_gauges(console, reports)


def _print_columns(console: Console, reports: Sequence[Report]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for report in reports:
        table.add_column(report.datapath, justify="right")
    for label, values in cells(reports):
        table.add_row(Text(label, style="" if any(values) else "bold"), *values)
    console.print(table)
    for report in reports:
        if told := notice(report.datapath, sends=report.per == SENT):
            console.print(Text(f"\n{clean(report.datapath)}: {told}"))
    _print_stages(console, reports)


def cells(reports: Sequence[Report]) -> Iterator[tuple[str, list[str]]]:
    """The rows of the table: a label, and a cell for each report; empty cells below a heading."""
    sends = all(report.per == SENT for report in reports)
    for label, cell in SENDING_ROWS if sends else ROWS:
        values = [cell(report) for report in reports] if cell else [""] * len(reports)
        if label not in _ONLY_WHERE_KNOWN or set(values) - {"0", "0.00", _NONE, _UNKNOWN}:
            yield label.format(per=reports[0].per), values
    for label in _drop_labels(reports):
        yield f"  {clean(label)}", [_drop(report, label) for report in reports]


def title(report: Report) -> str:
    """Where the numbers come from."""
    profile = f" with costs of {report.profile}" if report.profile else ""
    return f"{report.origin.upper()}{clean(profile)}: {clean(report.source)}"


def _drop_labels(reports: Sequence[Report]) -> list[str]:
    labels = [f"{each['where']}: {each['reason']}" for report in reports for each in report.drops]
    return list(dict.fromkeys(labels))


def _drop(report: Report, label: str) -> str:
    counts = {f"{each['where']}: {each['reason']}": each["count"] for each in report.drops}
    return f"{counts.get(label, 0):,}"


def _print_stages(console: Console, reports: Sequence[Report]) -> None:
    for report in reports:
        stages = [each for each in report.stages if each["stage"] not in FOUND_NOTHING]
        if not stages or not report.packets:
            continue
        parts = ", ".join(
            f"{each['stage']} {each['total_ps'] / report.packets / 1000:,.0f}" for each in stages[:6]
        )
        named = clean(report.datapath)
        console.print(Text(f"\n{named}: CPU time by step, ns for each {report.per}: {parts}"))


def _print_gauges(console: Console, reports: Sequence[Report]) -> None:
    for report in reports:
        told = {name: value for name, value in report.gauges.items() if value}
        if told:
            console.print(Text("\nother counters", style="bold"))
        for name, value in told.items():
            console.print(Text(f"  {clean(name):<48} {value:>20,}"))


def _whole(count: int | None) -> str:
    return _UNKNOWN if count is None else f"{count:,}"


def _frames(name: str) -> Cell:
    return lambda report: _whole(report.frames[name])


def _received(as_frames: bool) -> Cell:
    """Packets that the application received as frames, or as payload."""

    def cell(report: Report) -> str:
        return _whole(report.received) if report.gives_frames is as_frames else _NONE

    return cell


def _in_all(name: str) -> Cell:
    return lambda report: _whole(report.counts[name])


def _per_packet(name: str) -> Cell:
    def cell(report: Report) -> str:
        count, share = report.counts[name], each(report, name)
        if count is None:
            return _UNKNOWN
        return f"{count:,} in all" if share is None else f"{share:,.2f}"

    return cell


def _latency(name: str, kernel: bool = False) -> Cell:
    def cell(report: Report) -> str:
        value_ps = (report.kernel_latency_ps if kernel else report.latency_ps)[name]
        return "-" if value_ps is None else f"{value_ps / 1e6:,.2f}"

    return cell


def _rate(name: str) -> Cell:
    def cell(report: Report) -> str:
        value = report.rates[name]
        return "-" if value is None else f"{value:,.0f}"

    return cell


def _busy(report: Report) -> str:
    if not report.cores:
        return "unknown"
    shares = []
    for core in report.cores:
        total = sum(value for name, value in core.items() if name.endswith("_ps"))
        shares.append(100 - 100 * core["idle_ps"] / total if total else None)
    known = [share for share in shares if share is not None]
    if len(shares) > _CORES_SHOWN and known:
        return f"{sum(known) / len(known):.0f} of {len(known)} cores"
    return " ".join("?" if share is None else f"{share:.0f}" for share in shares)


def _useful(report: Report) -> str:
    useful = sum(core["poll_useful_ps"] for core in report.cores)
    spent = useful + sum(core["poll_empty_ps"] for core in report.cores)
    return f"{100 * useful / spent:.1f}" if spent else "-"


def _cpu(report: Report) -> str:
    if report.cores_shared:
        return "machine-wide"
    spent = sum(
        value
        for core in report.cores
        for name, value in core.items()
        if name.endswith("_ps") and name != "idle_ps"
    )
    if not report.cores:
        return "unknown"
    return f"{spent / report.packets / 1000:,.0f}" if report.packets else "-"


def _work(report: Report) -> str:
    paid_ps = work_ps(report)
    return _NONE if paid_ps is None else f"{paid_ps / 1000:,.0f}"


def _work_of_arrived(report: Report) -> str:
    """Where many frames were lost, most work may be for them."""
    paid_ps, arrived = work_ps(report), report.frames["arrived"]
    if paid_ps is None or not arrived or (lost(report) or 0) <= FEW_LOST * arrived:
        return _NONE
    return f"{paid_ps * report.packets / arrived / 1000:,.0f}"


_NONE, _UNKNOWN = "-", "unknown"
_CORES_SHOWN = 8  # one by one in the table; of more, their mean

_PAYLOAD = "    to the application, as payload"
_AS_FRAMES = "    to the application, as frames"
_FORWARDED = "    passed on"
_CONSUMED = "    to a protocol of this host"
_KERNEL_P50 = "  p50 to a protocol of this host"
_COMPLETIONS = "  of these for sent frames alone"
_ARRIVED = "  work for each arrived frame, ns"
_KERNEL_P99 = "  p99 to a protocol of this host"
# Rows that stand only where a datapath has such packets.
_ONLY_WHERE_KNOWN = {
    *(_PAYLOAD, _AS_FRAMES, _FORWARDED, _CONSUMED),
    *(_KERNEL_P50, _KERNEL_P99, _COMPLETIONS, _ARRIVED),
}

_EACH: tuple[tuple[str, Cell | None], ...] = (
    ("  interrupts", _per_packet("interrupts")),
    (_COMPLETIONS, _per_packet("completion_interrupts")),
    ("  polls", _per_packet("polls")),
    ("  of these empty", _per_packet("empty_polls")),
    ("  system calls", _per_packet("syscalls")),
    ("  mode switches", _per_packet("mode_switches")),
    ("  context switches", _per_packet("context_switches")),
    ("  copies by a CPU", _per_packet("copies")),
    ("  sk_buffs allocated", _per_packet("allocations")),
    ("  TLB misses", _per_packet("tlb_misses")),
    ("  CPU time without empty polls, ns", _work),
    ("  CPU time of all busy cores, ns", _cpu),
)
ROWS: tuple[tuple[str, Cell | None], ...] = (
    ("frames", None),
    ("  arrived", _frames("arrived")),
    ("  delivered", _frames("delivered")),
    (_PAYLOAD, _received(as_frames=False)),
    (_AS_FRAMES, _received(as_frames=True)),
    (_FORWARDED, _frames("forwarded")),
    (_CONSUMED, _frames("consumed")),
    ("  dropped", _frames("dropped")),
    ("  missed: no free descriptor", _frames("missed")),
    ("  in flight", _frames("in_flight")),
    ("  sent: left the host", _frames("sent")),
    ("  given up on the way out", _in_all("unsent")),
    ("rates, a second", None),
    ("  offered frames", _rate("offered_pps")),
    ("  delivered frames", _rate("delivered_pps")),
    ("for each {per}", None),
    *_EACH,
    ("latency to application or wire, us", None),
    ("  p50", _latency("p50")),
    ("  p99", _latency("p99")),
    ("  greatest", _latency("max")),
    (_KERNEL_P50, _latency("p50", kernel=True)),
    (_KERNEL_P99, _latency("p99", kernel=True)),
    ("cores", None),
    ("  busy, %", _busy),
    ("  of polling time useful, %", _useful),
    (_ARRIVED, _work_of_arrived),
    ("dropped, where and why", None),
)

# Where nothing is received, only sent.
SENDING_ROWS: tuple[tuple[str, Cell | None], ...] = (
    ("frames", None),
    ("  sent: left the host", _frames("sent")),
    ("  given up on the way out", _in_all("unsent")),
    ("rates, a second", None),
    ("  sent frames", lambda report: f"{report.sent_pps:,.0f}"),
    ("for each {per}", None),
    *_EACH,
    ("cores", None),
    ("  busy, %", _busy),
    ("  of polling time useful, %", _useful),
    ("dropped, where and why", None),
)
