"""The Costs: nanoseconds a packet, step by step, against the budget that the line rate leaves.

─ budget ──────────────────────────────────────────────────────────────
 line   100 Gb/s, 512 bytes a frame and 20 more on the wire: one every 42.6 ns
 spent  1.9 µs a delivered packet: 45 times that; one core could do 518k/s
        ▾ budget
        ████████████████████████████████████████████
─ ns a packet ────────────────────────── ─ latency ──────── p50 6.2 µs ─
 context_switch    read    1.2 µs ████ verified     2 µs ███████
 ip_rcv            IP       63 ns █    derived      5 µs ███
"""

from typing import ClassVar

from textual.binding import BindingType

from kbview.state.budget import Spent, budget_ps, in_vain_ps, mean_length, spent
from kbview.tape.meter import DEFINITIONS
from kbview.ui import buckets
from kbview.ui import format as fmt
from kbview.ui.board import Drawing
from kbview.ui.escape import clean
from kbview.ui.row import Row, Size, bar, block, cut, fit, length, spread
from kbview.ui.screen import CADENCE, Arrangement, View, bindings

_HEAD = 6
_SIDE = 27  # cells for the latencies at 80
_BOTH = 36  # cells that two percentiles need
_MEMORY = 4  # rows of what memory costs
_STEP, _PLACE, _EACH, _SURE = 19, 9, 9, 9
_CLASSIC = "10 Gb/s and 64 bytes leave 67.2 ns"


class CostsView(View):
    """Of the last second of the viewer's; the latencies since the last toggle."""

    view = "costs"
    title_text = "costs"
    needs = frozenset({"cores"})
    most = 2
    BINDINGS: ClassVar[list[BindingType]] = bindings(view)
    help = (
        (
            "budget",
            (
                (
                    "one every 42.6 ns",
                    "frames of the mean length seen here, with preamble and gap, on a full line",
                ),
                (
                    "spent",
                    "CPU time of all cores for each delivered packet, without polls that found nothing",
                ),
                ("one core could do", "delivered packets a second, if a core did nothing else"),
                (
                    "bar",
                    "what is spent, in the order of the cost, by whose ground it is; ▾ is the budget",
                ),
            ),
        ),
        (
            "ns a packet",
            (
                (
                    "step",
                    "time on it over the packets that were delivered; what a poll costs is shared",
                ),
                (
                    "verified ... assumed",
                    "how sure the calibration is of the step's cost; see the Journey for its source",
                ),
                ("measured", "no table of costs: the source timed it"),
            ),
        ),
        (
            "latency and memory",
            (
                ("latency", DEFINITIONS["latency_ps"] + "; buckets are logarithmic"),
                ("p99", "99 of 100 packets took no longer"),
                ("copied", DEFINITIONS["copied_bytes"] + ", for each delivered packet"),
                ("TLB misses", DEFINITIONS["tlb_misses"]),
            ),
        ),
    )

    def lay_out(self, size: Size) -> Arrangement:
        """Budget above, steps at the left, latencies and memory at the right."""
        rows = size.height - _HEAD
        side = max(_SIDE, size.width // 3)
        return Arrangement(
            [Drawing(self._budget, _HEAD, CADENCE)],
            [
                (0, [Drawing(self._steps, rows, CADENCE)]),
                (
                    side,
                    [
                        Drawing(self._latency, rows - _MEMORY, CADENCE),
                        Drawing(self._memory, _MEMORY, CADENCE),
                    ],
                ),
            ],
        )

    # ---- budget ----------------------------------------------------------------------------

    def _spent(self) -> list[Spent]:
        state = self.session.player.state
        recent = state.histories.recent()
        return spent(recent, state.stations) if recent else []

    def _delivered(self) -> bool:
        return self.session.player.state.histories.change("delivered") > 0

    def _budget(self, size: Size) -> list[Row]:
        state, heading = self.session.player.state, self.session.player.source.heading
        recent = state.histories.recent()
        frame = mean_length(recent) if recent else None
        leaves_ps = budget_ps(heading.link_bps, frame)
        each = self._spent()
        total_ps = sum(one.each_ps for one in each)
        rows = [
            _rule("budget", _CLASSIC, size.width),
            [(" line   ", "accent"), (_line(heading.link_bps, frame, leaves_ps), "text")],
            [(" spent  ", "accent"), (_spending(total_ps, leaves_ps, self._delivered()), "text")],
            *_stacked(each, total_ps, leaves_ps, size.width - 9),
        ]
        wasted_ps = in_vain_ps(recent) if recent else None
        if wasted_ps:
            rows.append(
                [(f" and {fmt.duration(wasted_ps)} a packet on polls that found nothing", "dim")]
            )
        return block(rows, size)

    # ---- steps -----------------------------------------------------------------------------

    def _steps(self, size: Size) -> list[Row]:
        each = self._spent()
        rows = [_rule("ns a packet", f"{len(each)} steps" if each else "", size.width)]
        if not each:
            return block([*rows, [(f" {_nothing(self._delivered())}", "faint")]], size)
        total_ps = sum(one.each_ps for one in each) or 1
        rows += [self._step(one, one.each_ps / total_ps, size.width) for one in each[: size.height - 1]]
        if len(each) > size.height - 1:
            rest_ps = sum(one.each_ps for one in each[size.height - 2 :])
            rows[-1] = [(f" and {len(each) - size.height + 2} more: {fmt.duration(rest_ps)}", "dim")]
        return block(rows, size)

    def _step(self, one: Spent, share: float, width: int) -> Row:
        costs = self.session.player.source.heading.costs
        row = costs.steps.get(one.step) if costs else None
        sure = row.confidence if row else "measured" if costs is None else "?"
        room = width - _STEP - _PLACE - _EACH - _SURE - 1
        left: Row = [
            (f" {cut(clean(one.step), _STEP - 2):<{_STEP - 1}}", "text"),
            (
                f"{cut(clean(one.station), _PLACE - 1):<{_PLACE}}",
                f"{one.domain}" if one.domain else "faint",
            ),
            (f"{fmt.duration(one.each_ps):>{_EACH - 1}} ", "strong"),
        ]
        if room >= 4:
            left += bar(share, room, f"{one.domain}" if one.domain else "dim")
        return spread(left, [(f" {clean(sure)}".ljust(_SURE), "dim")], width)

    # ---- latency and memory ----------------------------------------------------------------

    def _latency(self, size: Size) -> list[Row]:
        stretch = self.session.player.state.histories.stretch()
        histogram = stretch.latency() if stretch else None
        if histogram is None or not histogram.total:
            return block([_rule("latency", "", size.width), [(" none is known here", "faint")]], size)
        p50, p99 = (fmt.duration(histogram.percentile(share)) for share in (0.5, 0.99))
        told = f"p50 {p50}" if size.width < _BOTH else f"p50 {p50}  p99 {p99}"
        rows = [_rule("latency", told, size.width)]
        return block([*rows, *buckets.draw(histogram, Size(size.width, size.height - 1))], size)

    def _memory(self, size: Size) -> list[Row]:
        state = self.session.player.state
        copied = state.histories.per_packet("copied_bytes")
        skbs = state.histories.per_packet("allocations")
        misses = state.meters.tlb_misses
        return block(
            [
                _rule("memory", "a packet", size.width),
                _entry("copied", f"{fmt.size(copied)} bytes" if copied is not None else "-"),
                _entry("sk_buffs", fmt.quantity(skbs) if skbs is not None else "-"),
                _entry("TLB misses", "unknown" if misses is None else fmt.quantity(misses)),
            ],
            size,
        )


def _rule(name: str, right: str, width: int) -> Row:
    left: Row = [("─ ", "rule"), (name, "title"), (" ", "rule")]
    return spread(left, [(f" {right} ", "dim"), ("─", "rule")] if right else [], width, ("─", "rule"))


def _entry(term: str, text: str) -> Row:
    return [(f" {term:<11}", "dim"), (text, "text")]


def _line(link_bps: int | None, frame: float | None, leaves_ps: float | None) -> str:
    if leaves_ps is None:
        return "its rate is not known here" if not link_bps else "no frame has arrived just now"
    return (
        (
            f"{link_bps / 1e9:g} Gb/s, {frame:.0f} bytes a frame and 20 more on the wire: "
            f"one every {leaves_ps / 1000:.1f} ns"
        )
        if link_bps
        else ""
    )


def _nothing(delivered: bool) -> str:
    return "this source does not time single steps" if delivered else "no packet was delivered just now"


def _spending(total_ps: float, leaves_ps: float | None, delivered: bool) -> str:
    if not total_ps:
        return _nothing(delivered)
    text = f"{fmt.duration(total_ps)} a delivered packet"
    if leaves_ps:
        text += f": {fmt.quantity(total_ps / leaves_ps)} times that"
    return f"{text}; one core could do {fmt.rate(1e12 / total_ps)}"


def _stacked(each: list[Spent], total_ps: float, leaves_ps: float | None, width: int) -> list[Row]:
    """A bar of what is spent, to the scale of the larger of the two, and the budget's mark over it."""
    whole_ps = max(total_ps, leaves_ps or 0.0)
    if not whole_ps:
        return []
    cells: Row = []
    reached_ps = 0.0
    for one in each:
        reached_ps += one.each_ps
        upto = round(reached_ps / whole_ps * width)
        cells.append(("█" * (upto - length(cells)), f"{one.domain}" if one.domain else "dim"))
    mark: Row = []
    if leaves_ps:
        at = min(round(leaves_ps / whole_ps * width), width - 1)
        name = f"budget {fmt.duration(leaves_ps)}"
        beside = [("▾", "marker"), (f" {name}", "dim")] if at + len(name) < width - 2 else []
        mark = [(" " * at, "text"), *(beside or [("▾", "marker")])]
    pad = (" " * 8, "text")
    return [fit([pad, *mark], width + 8), fit([pad, *cells], width + 8)]
