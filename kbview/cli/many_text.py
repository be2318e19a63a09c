"""A report on many datapaths for people: one line each, and below it why each is faster or not."""

from collections.abc import Callable, Sequence
from textwrap import fill

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kbview.state.bottleneck import bottleneck, load
from kbview.state.compare_words import each, work_ps
from kbview.state.report import Report
from kbview.tape.handover import MARKS, does_less
from kbview.ui.characters import clean

WIDTH = 80
_LEGEND = (
    "got: of all frames that arrived, delivered or dropped on purpose. work: CPU time for each {per}, "
    "all cores, without empty polls. load: of the busiest core's time, spent on work. Then, for each "
    "{per}: interrupts, system calls, mode switches (user to kernel or back), task switches, copies by "
    "a CPU, sk_buffs. Latency: from the wire to the application, or to the wire again."
)

_UNITS = ((1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T"))
Cell = Callable[[Report], str]


def print_lines(console: Console, reports: Sequence[Report]) -> None:
    """The table, the reasons, and the meaning of the columns."""
    per = reports[0].per
    table = Table(box=None, pad_edge=False, padding=(0, 0, 0, 1), header_style="bold")
    widest = max(len(_name(report)) for report in reports)
    table.add_column("\ndatapath", no_wrap=True, min_width=widest)
    for header, _ in COLUMNS:
        table.add_column(header, justify="right", min_width=5)
    for report in reports:
        table.add_row(Text(_name(report)), *(cell(report) for _, cell in COLUMNS))
    console.print(Text(f"  {_traffic(reports[0])}"))
    console.print(table)
    console.print(Text(f"\nwhy: the dearest steps, ns for each {per}; and losses", style="bold"))
    for report in reports:
        console.print(Text(wrapped(f"{clean(report.datapath)}: {clean(bottleneck(report))}")))
    legend = _LEGEND.format(per=per)
    marks = {_mark(report.datapath, report.gives_frames) for report in reports}
    notices = [meaning for sign, meaning in MARKS.items() if sign in marks]
    legend = ". ".join([*notices, legend])
    console.print(Text("\n" + fill(legend, WIDTH), style="dim"))


def _name(report: Report) -> str:
    return clean(report.datapath) + _mark(report.datapath, report.gives_frames)


def _mark(datapath: str, gives_frames: bool) -> str:
    """ "*" at less work than a stack's, "+" where a stack works beside, "" at a stack."""
    return "*" if does_less(datapath) else "+" if gives_frames else ""


def wrapped(text: str) -> str:
    """Indented, the lines after the first further."""
    return fill(text, WIDTH, initial_indent="  ", subsequent_indent="      ")


def _traffic(report: Report) -> str:
    arrived, rate = report.frames["arrived"], report.rates["offered_pps"]
    length = report.bytes["arrived"]
    mean = " on average" if arrived and length and length % arrived else ""
    size = f" of {length / arrived:,.0f} bytes{mean}" if arrived and length else ""
    return f"{arrived or 0:,} frames{size}" + (f" at {rate:,.0f} a second" if rate else "")


def _got(report: Report) -> str:
    arrived, delivered = report.frames["arrived"], report.frames["delivered"]
    if not arrived or delivered is None:
        return "-"
    delivered += report.discarded
    share = 100 * delivered / arrived
    if delivered in (0, arrived):
        return f"{share:.0f}"
    return "<0.1" if share < 0.1 else f"{min(share, 99.9):.1f}"


def _work(report: Report) -> str:
    paid_ps = work_ps(report)
    return "-" if paid_ps is None else _short(round(paid_ps / 1000))


def _load(report: Report) -> str:
    return f"{100 * load(report):.0f}"


def _count(name: str) -> Cell:
    def cell(report: Report) -> str:
        value = each(report, name)
        return "-" if value is None else _short(value)

    return cell


def _latency(name: str) -> Cell:
    def cell(report: Report) -> str:
        value_ps = report.latency_ps[name]
        return "-" if value_ps is None else _short(value_ps / 1e6)

    return cell


def _short(value: float) -> str:
    """Three digits, and never in the way of its neighbours; whole numbers stay whole."""
    if value >= 1e4:
        return next(f"{value / unit:,.0f}{name}" for unit, name in _UNITS if value < 1e4 * unit)
    if value >= 100 or isinstance(value, int):
        return f"{value:,.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


COLUMNS: tuple[tuple[str, Cell], ...] = (
    ("got\n%", _got),
    ("work\nns", _work),
    ("load\n%", _load),
    ("inter\nrupts", _count("interrupts")),
    ("system\ncalls", _count("syscalls")),
    ("mode\nsw.", _count("mode_switches")),
    ("task\nsw.", _count("context_switches")),
    ("\ncopies", _count("copies")),
    ("sk_\nbuffs", _count("allocations")),
    ("p50\nus", _latency("p50")),
    ("p99\nus", _latency("p99")),
)
