"""The receive softirq's counters core by core, and the cores that take the interrupt lines.

─ softnet, core by core ──────────────────────────────────────────
 core  processed              dropped      squeezed     from RPS
 cpu0        12M    31k/s           0           14             -
─ interrupt lines ────────────────────────────────────────────────
 38 virtio2-input.0           on cpu 0-3           12k    840/s
"""

from kbview.state.interval import Interval
from kbview.state.state import State
from kbview.tape.kernel_meter import IrqMeter, SoftnetMeter
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.row import Row, Size, block, cut, title_row, whole

HELP = (
    (
        "processed",
        "packets that the core's receive softirq took up, since watching began, and a second",
    ),
    ("dropped", "packets that found the core's backlog full (net.core.netdev_max_backlog)"),
    ("squeezed", "runs of net_rx_action that a budget ended with work left; no packet is lost by it"),
    ("from RPS", "times that another core handed packets over to this core; - is unknown"),
    ("on cpu 0-3", "the cores that take an interrupt line (effective_affinity_list); ? is unknown"),
)
_CORE, _NUMBER, _RATE = 7, 11, 9
_LINE, _CORES = 26, 16
NOT_READ = " this source does not read the counters of the cores"
NO_LINE = " the watched interfaces have no interrupt line: loopback and veth have none"


def draw(state: State, size: Size) -> list[Row]:
    """Both tables; the cores have two thirds of the rows if there are so many."""
    meters, recent = state.meters, state.histories.recent()
    if not meters.softnet:
        return block([title_row("softnet, core by core", "", size.width), [(NOT_READ, "dim")]], size)
    lines = min(max(1, len(meters.irqs)), max(1, size.height // 3)) + 1
    cores = _cores(meters.softnet, recent, Size(size.width, size.height - lines))
    return block([*cores, *_lines(meters.irqs, recent, Size(size.width, lines))], size)


def _cores(softnet: list[SoftnetMeter], recent: Interval | None, size: Size) -> list[Row]:
    room = size.height - 2
    shown = softnet
    if len(softnet) > room:
        busiest = sorted(softnet, key=lambda core: (-core.dropped, -core.processed))[: room - 1]
        shown = sorted(busiest, key=lambda core: core.cpu)
    before = {core.cpu: core for core in recent.before.meters.softnet} if recent else {}
    after = {core.cpu: core for core in recent.after.meters.softnet} if recent else {}
    rows = [
        title_row("softnet, core by core", f"{len(softnet)} cores", size.width),
        _heading(size.width),
    ]
    for core in shown:
        was, now = before.get(core.cpu), after.get(core.cpu)
        rate = losing = None
        if was is not None and now is not None:
            rate = _rate(recent, now.processed - was.processed)
            losing = _rate(recent, now.dropped - was.dropped)
        rows.append(_core(core, rate, bool(losing), size.width))
    if len(shown) < len(softnet):
        rows.append([(f" and {len(softnet) - len(shown)} less busy cores", "dim")])
    return block(rows, size)


def _rate(recent: Interval | None, grown: int) -> float | None:
    """Growth a second of trace time; None before there is an interval."""
    return max(0, grown) * 1e12 / recent.duration_ps if recent and recent.duration_ps else None


def _heading(width: int) -> Row:
    texts = ("dropped", "squeezed", "from RPS")
    parts: list[tuple[Row, int]] = [
        ([(f" {'core':<{_CORE - 1}}{'processed':>{_NUMBER}}{'':>{_RATE}}", "dim")], 9),
        *(([(f"{text:>{_NUMBER}}", "dim")], 8 - at) for at, text in enumerate(texts)),
    ]
    return whole(parts, width)


def _core(core: SoftnetMeter, rate: float | None, losing: bool, width: int) -> Row:
    rps = "-" if core.received_rps is None else fmt.quantity(core.received_rps)
    lost = "bad" if losing else "strong" if core.dropped else "dim"
    parts: list[tuple[Row, int]] = [
        (
            [
                (f" cpu{core.cpu}".ljust(_CORE), "text"),
                (f"{fmt.quantity(core.processed):>{_NUMBER}}", "strong" if rate else "text"),
                (f"{fmt.rate(rate):>{_RATE}}", "text"),
            ],
            9,
        ),
        ([(f"{fmt.quantity(core.dropped):>{_NUMBER}}", lost)], 8),
        ([(f"{fmt.quantity(core.squeezed):>{_NUMBER}}", "accent" if core.squeezed else "dim")], 7),
        ([(f"{rps:>{_NUMBER}}", "text")], 6),
    ]
    return whole(parts, width)


def _lines(irqs: list[IrqMeter], recent: Interval | None, size: Size) -> list[Row]:
    rows = [title_row("interrupt lines", f"{len(irqs)} lines" if irqs else "", size.width)]
    if not irqs:
        return block([*rows, [(NO_LINE, "dim")]], size)
    before = {irq.label: irq.count for irq in recent.before.meters.irqs} if recent else {}
    after = {irq.label: irq.count for irq in recent.after.meters.irqs} if recent else {}
    for irq in sorted(irqs, key=lambda irq: (-irq.count, irq.label))[: size.height - 1]:
        known = irq.label in before and irq.label in after
        rate = _rate(recent, after[irq.label] - before[irq.label]) if known else None
        name = cut(clean(f"{irq.label} {irq.name}".rstrip()), _LINE - 1)
        cores = cut(f"on cpu {clean(irq.cores) or '?'}", _CORES - 1)
        parts: list[tuple[Row, int]] = [
            ([(f" {name:<{_LINE}}", "text")], 9),
            ([(f"{cores:<{_CORES}}", "accent")], 8),
            ([(f"{fmt.quantity(irq.count):>{_NUMBER}}", "strong")], 7),
            ([(f"{fmt.rate(rate):>{_RATE}}", "text")], 6),
        ]
        rows.append(whole(parts, size.width))
    return block(rows, size)
