"""The Costs: nanoseconds a packet, step by step, against the budget that the line rate leaves.

─ budget ──────────────────────────────────────────────────────────────
 line   100 Gb/s, 512 bytes a frame and 20 more on the wire: one every 42.6 ns
 spent  1.9 µs a delivered packet: 45 times that; a full core does 518k/s
        ▾ budget
        ████████████████████████████████████████████
─ ns a delivered packet ──────────────── ─ latency ──────── p50 6.2 µs ─
 context_switch    read    1.2 µs ████ verified     2 µs ███████
 ip_rcv            IP       63 ns █    derived      5 µs ███
"""

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from kbview.state.budget import Spent, spent
from kbview.state.interval import Interval
from kbview.state.journeys import Journeys
from kbview.state.other_load import measured
from kbview.state.overheads import grouped, of_report
from kbview.state.station_times import station_times
from kbview.tape.histogram import Histogram
from kbview.tape.meter import DEFINITIONS
from kbview.tape.source import SourceError
from kbview.ui import budget_rows, histogram_rows, memory_rows, overhead_rows, station_time_rows
from kbview.ui import format as fmt
from kbview.ui.board import Drawing
from kbview.ui.characters import clean
from kbview.ui.dictionary import Dictionary
from kbview.ui.explained import Entry, step_entries
from kbview.ui.overhead_rows import OverheadColumn
from kbview.ui.row import Row, Size, bar, block, faint, first_that_fits, lit, title_row, whole
from kbview.ui.session import Session, Twin
from kbview.ui.view import CADENCE, Arrangement, View, bindings

_HEAD = 7
_LOW, _LOW_HEAD = 15, 4  # rows of a screen that has no room for the bar, and of the budget there
_SIDE = 27  # cells for the latencies at 80
_USUAL = 80  # cells of a screen in which another page leaves room for the latencies
_BOTH = 36  # cells that two percentiles need
_STEP, _PLACE, _EACH, _SURE = 19, 9, 9, 9
_LEAST_BAR, _MOST_BAR = 4, 30

_PAGES = ("steps", "overheads", "stations")
_STEPS, _OVERHEADS, _STATIONS = _PAGES


class CostsView(View):
    """Of the last second of the viewer's; the latencies since the last toggle."""

    view = "costs"
    title_text = "costs"
    needs = frozenset({"cores"})
    most = 2
    BINDINGS: ClassVar[list[BindingType]] = bindings(view)
    help = (
        ("budget", budget_rows.HELP),
        (
            "ns a delivered packet",
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
        ("overheads", overhead_rows.HELP),
        ("between stations", station_time_rows.HELP),
        (
            "latency and memory",
            (
                ("latency", DEFINITIONS["latency_ps"] + "; buckets are logarithmic"),
                ("p99", "99 of 100 packets took no longer"),
                ("ended in the host", DEFINITIONS["kernel_latency_ps"]),
                *memory_rows.HELP,
            ),
        ),
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._page = _STEPS
        self._journeys = Journeys(parts=True)
        self._kept: OverheadColumn | None = None
        self._other: OverheadColumn | None = None

    def action_swap(self) -> None:
        """By step, by the lecture's overheads, or the times between stations."""
        self._turn_to(_PAGES[(_PAGES.index(self._page) + 1) % len(_PAGES)])

    def _turn_to(self, page: str) -> None:
        """Show a page; in a narrow terminal it has the whole width."""
        self._page = page
        if self.is_mounted:
            self._place_again()
        else:
            self.show()

    def action_keep(self) -> None:
        """Keep the present costs beside the costs to come; a second time: forget them."""
        recent = self.session.player.state.histories.recent()
        kept = self._kept is None and recent is not None and recent.change("delivered") > 0
        self._kept = self._now(recent) if kept and recent is not None else None
        self.say(
            f"kept: {self._kept.label}; change the load (l, up, down) or the datapath (t, m)"
            if self._kept
            else "nothing is kept"
        )
        self._turn_to(_OVERHEADS if kept else _STEPS)

    def action_beside(self) -> None:
        """The costs of the other load beside these; a second time: leave them out."""
        make = self.session.offers.other_load
        if self._other is not None:
            self._other = None
            self.say("the other load is left out")
        elif make is None:
            self.say("the load of this source is given: c keeps its costs for later")
        else:
            self._show_other(make)
        self.show()

    def _show_other(self, make: Twin) -> None:
        try:
            with closing(make(self.session.player.state.datapath)) as source:
                report = measured(source)
        except SourceError as error:
            self.say(str(error))
            return
        label = f"{report.datapath} {fmt.rate(report.rates['offered_pps'])}"
        if not report.packets:
            self.say(f"{label}: no packet was delivered, so no packet has a cost")
            return
        self._other = OverheadColumn(label, of_report(report))
        self._turn_to(_OVERHEADS)
        self.say(f"beside it: the same traffic, {label}; x leaves it out")

    def _now(self, recent: Interval) -> OverheadColumn:
        rate = fmt.rate(recent.change("arrived") * 1e12 / recent.duration_ps)
        label = f"{self.session.player.state.datapath} {rate}"
        return OverheadColumn(label, grouped((one.step, one.each_ps) for one in self._spent()))

    def _overheads(self, size: Size) -> list[Row]:
        recent = self.session.player.state.histories.recent()
        title = title_row("overheads", "each delivered packet", size.width)
        if recent is None or not recent.change("delivered"):
            return block([title, *faint(budget_rows.nothing(recent), size.width)], size)
        columns = [one for one in (self._other, self._kept) if one is not None]
        shown = [*columns, self._now(recent)]
        rows = overhead_rows.draw(shown, size.width, size.height - 1)
        return block([title, *rows, *self._invitation(bool(columns), size.width)], size)

    def _invitation(self, beside: bool, width: int) -> list[Row]:
        """The key that brings other costs beside these, where there are none yet."""
        if beside:
            return []
        load = (
            "x: the same traffic at a light load or a flood" if self.session.offers.other_load else ""
        )
        texts = filter(None, [load, "c: keeps these costs, to stand beside another load or datapath"])
        return [[], *(row for text in texts for row in faint(text, width))]

    def _stations(self, size: Size) -> list[Row]:
        player = self.session.player
        self._journeys.follow(player.tape, player.state)
        found = station_times(self._journeys, player.state.stations)
        return station_time_rows.draw(player.state, found, size)

    def parts(self) -> list[str]:
        """The steps with their costs, then the other parts of the screen."""
        return [*(one.step for one in self._spent()), *super().parts()]

    def account(self, name: str, words: Dictionary) -> Sequence[Entry]:
        """The function, the sentence and the source of a step's cost, or the numbers of a part."""
        told = step_entries(name, self.session.player.source.heading, words)
        return told or super().account(name, words)

    def lay_out(self, size: Size) -> Arrangement:
        """Budget above, steps at the left, latencies and memory at the right.

        In a narrow terminal the other pages have the whole width.
        """
        head = _HEAD if size.height >= _LOW else _LOW_HEAD
        rows = size.height - head
        budget = Drawing(self._budget, head, CADENCE)
        if size.width < _USUAL and self._page != _STEPS:
            return Arrangement([budget], [(0, [Drawing(self._steps, rows, CADENCE)])])
        side = max(_SIDE, size.width // 3)
        return Arrangement(
            [budget],
            [
                (0, [Drawing(self._steps, rows, CADENCE)]),
                (
                    side,
                    [
                        Drawing(self._latency, rows - memory_rows.ROWS, CADENCE),
                        Drawing(
                            partial(memory_rows.draw, self.session.player.state),
                            memory_rows.ROWS,
                            CADENCE,
                        ),
                    ],
                ),
            ],
        )

    # ---- budget ----------------------------------------------------------------------------

    def _spent(self) -> list[Spent]:
        state = self.session.player.state
        recent = state.histories.recent()
        return spent(recent, state.stations) if recent else []

    def _budget(self, size: Size) -> list[Row]:
        recent = self.session.player.state.histories.recent()
        link_bps = self.session.player.source.heading.link_bps
        return block(budget_rows.draw(recent, self._spent(), link_bps, size), size)

    # ---- steps -----------------------------------------------------------------------------

    def _steps(self, size: Size) -> list[Row]:
        if self._page == _OVERHEADS:
            return self._overheads(size)
        if self._page == _STATIONS:
            return self._stations(size)
        each = self._spent()
        rows = [title_row("ns a delivered packet", f"{len(each)} steps" if each else "", size.width)]
        if not each:
            recent = self.session.player.state.histories.recent()
            return block([*rows, *faint(budget_rows.nothing(recent), size.width)], size)
        most_ps = each[0].each_ps or 1
        shown = each[: size.height - 1]
        wide = max([_STEP, *(len(clean(one.step)) + 2 for one in shown)])
        place = max([_PLACE, *(len(clean(one.station)) + 1 for one in shown)])
        rows += [self._step(one, one.each_ps / most_ps, (wide, place), size.width) for one in shown]
        if shown and len(each) > len(shown):
            rest_ps = sum(one.each_ps for one in each[size.height - 2 :])
            rows[-1] = [(f" and {len(each) - size.height + 2} more: {fmt.duration(rest_ps)}", "dim")]
        return block(rows, size)

    def _step(self, one: Spent, share: float, cells: tuple[int, int], width: int) -> Row:
        """The step and its station in so many `cells`, then as much as there is room for."""
        wide, place = cells
        costs = self.session.player.source.heading.costs
        cost = costs.steps.get(one.step) if costs else None
        sure = cost.confidence if cost else "measured" if costs is None else "?"
        ground = f"{one.domain}" if one.domain else "dim"
        room = min(_MOST_BAR, width - wide - place - _EACH - _SURE - 1)
        parts: list[tuple[Row, int]] = [
            ([(f" {clean(one.step):<{wide - 1}}", "text")], 8),
            ([(f"{clean(one.station):<{place}}", ground)], 3),
            ([(f"{fmt.duration(one.each_ps):>{_EACH - 1}} ", "strong")], 9),
            (bar(share, room, ground) if room >= _LEAST_BAR else [], 1),
            ([(f" {clean(sure)}".ljust(_SURE), "dim")], 2),
        ]
        row = whole(parts, width)
        return lit(row, clean(one.step)) if one.step == self.selected else row

    # ---- latency and memory ----------------------------------------------------------------

    def _latency(self, size: Size) -> list[Row]:
        stretch = self.session.player.state.histories.stretch()
        histogram = stretch.latency() if stretch else None
        if histogram is None or not histogram.total:
            return block(
                [title_row("latency", "", size.width), [(" none is known here", "faint")]], size
            )
        p50, p99 = (fmt.duration(histogram.percentile(share)) for share in (0.5, 0.99))
        told = f"p50 {p50}" if size.width < _BOTH else f"p50 {p50}  p99 {p99}"
        rows = [title_row("latency", told, size.width)]
        apart = _apart(stretch.kernel_latency(), size.width) if stretch else []
        room = Size(size.width, size.height - 1 - len(apart))
        return block([*rows, *histogram_rows.draw(histogram, room), *apart], size)


def _apart(histogram: Histogram, width: int) -> list[Row]:
    """Packets that end in a protocol of this host are none of the application's."""
    if not histogram.total:
        return []
    p50 = f"p50 {fmt.duration(histogram.percentile(0.5))}"
    texts = [f" {term}: {p50}" for term in ("ended in the host", "in the host")]
    return [[(first_that_fits(texts, width), "dim")]]
