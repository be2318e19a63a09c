"""The Compare: the same traffic through two or more datapaths, side by side and in step.

─ kernel ─────────────────────────────────────────────────────────────
 wire▸NIC▸rx ring ║ irq▸softirq▸skb▸IP▸TCP/UDP▸socket ║ read▸app
 ●··●···●···●···●·║·●··●··●···●···●···●···●···●···●···║·●···●
─ dpdk ───────────────────────────────────────────────────────────────
 wire▸NIC▸rx ring ║ irq softirq skb IP TCP/UDP socket rx_burst▸mbuf▸app
 since the start                      kernel               dpdk
 CPU a packet                          2.1 µs             48 ns   1/44
 mode switches                         1.7 each               0    none
"""

from functools import partial
from textwrap import wrap
from typing import ClassVar

from textual.binding import BindingType

from kbview.state.compare_lines import COMPARE_LINES, CompareLine
from kbview.state.compare_run import MOST, CompareRun, first_beside
from kbview.state.compare_words import contrast
from kbview.state.overheads import of_report
from kbview.state.report import Report, build
from kbview.tape.detail import Detail
from kbview.tape.handover import NOTICE, notice
from kbview.tape.source import Capabilities, SourceError
from kbview.ui import format as fmt
from kbview.ui import overhead_rows
from kbview.ui.board import Drawing
from kbview.ui.characters import clean
from kbview.ui.chooser import Chooser, Item
from kbview.ui.dictionary import Dictionary
from kbview.ui.explained import Entry, word_entries
from kbview.ui.overhead_rows import OverheadColumn
from kbview.ui.panels.path import PathPanel
from kbview.ui.row import Row, Size, block, clauses, cut, first_that_fits, fit, lit, title_row
from kbview.ui.session import Session
from kbview.ui.view import CADENCE, Arrangement, View, bindings

_NAME, _FACTOR = 17, 8
_LEAST, _MOST = 3, 8  # rows of a path
_ALIKE = 1.05
_SHARED = "per packet to app"  # in a closed loop
_PATH = PathPanel()


class CompareView(View):
    """Its twins run while it is looked at, and catch up when it is again."""

    view = "compare"
    title_text = "compare"
    help = (
        (
            "the same traffic",
            (
                (
                    "in step",
                    "the same frames up to this time; or the same clients, which wait for answers",
                ),
                ("↓ 12 rows more", "↑ and ↓ move the table; the differences in words are below it"),
                (_SHARED, "clients wait for answers: packets that the application got share costs"),
                ("frames", f"{NOTICE}; its numbers are for less work than a stack's"),
                ("at 3.2 ms", "the twins are catching up: how far they are, from the first frame on"),
                ("1/44, ×44", "beside the first datapath's number: a 44th of it, or 44 times as much"),
                *((line.name, line.meaning) for line in COMPARE_LINES),
                *overhead_rows.HELP[:-2],
            ),
        ),
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(view)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._scrolled = 0  # rows of the table above the first that is shown
        self._comparison = None if session.offers.twin is None else CompareRun(session.offers.twin)
        if self._comparison is not None:
            session.closing.append(self._comparison.close)

    def lacks(self, capabilities: Capabilities) -> str | None:
        """It takes the traffic a second time."""
        del capabilities
        if self._comparison is None:
            return f"Nothing to compare: {self.session.offers.no_twin}."
        return None

    def parts(self) -> list[str]:
        """The rows of the table."""
        return [measure.name for measure in COMPARE_LINES]

    def account(self, name: str, words: Dictionary) -> list[Entry]:
        """The definition of a row, and of its word."""
        told = [(one.name, one.meaning) for one in COMPARE_LINES if one.name == name]
        return [*told, *word_entries(name, words)]

    def lay_out(self, size: Size) -> Arrangement:
        """Pictures of the paths, and the table below them."""
        self._begin()
        count = len(self._names())
        spare = (size.height - len(COMPARE_LINES) - 1) // max(1, count)
        height = max(_LEAST, min(spare, _MOST))
        pictures = [Drawing(partial(self._picture, at), height, 1) for at in range(count)]
        table = Drawing(self._table, size.height - height * count, CADENCE)
        return Arrangement((), [(0, [*pictures, table])])

    def _names(self) -> list[str]:
        return list(self._comparison.states) if self._comparison else []

    def _begin(self) -> None:
        """With the datapath that is shown and the next one, at first."""
        source, current = self.session.player.source, self.session.player.state.datapath
        if self._comparison is not None and not self._names():
            beside = first_beside(source.choices(), current, source.heading.tcp)[:1]
            for name in sorted([current, *beside], key=source.datapaths().index):
                self._toggle(name)

    def _toggle(self, name: str) -> None:
        if self._comparison is None:
            return
        if name in self._names():
            self._comparison.remove(name)
            return
        try:
            self._comparison.add(name, self.session.player.speed)
        except SourceError as error:
            self.say(str(error))

    def action_choose(self) -> None:
        """Ask which datapath is to come or go."""
        shown = self._names()
        items = [
            Item(
                one.name,
                one.refusal or ("shown; " * (one.name in shown) + one.summary),
                enabled=not one.refusal,
            )
            for one in self.session.player.source.choices()
        ]
        box = Chooser("Compare, or leave out", items, "", self.session.theme, self.session.ascii)
        self.app.push_screen(box, self._chosen)

    def _chosen(self, name: str | None) -> None:
        shown = self._names()
        if name is None:
            return
        if name not in shown and len(shown) >= MOST:
            self.say(f"{MOST} datapaths are as many as there is room for; leave one out first")
        elif name in shown and len(shown) == 1:
            self.say("a datapath has to stay")
        else:
            self._toggle(name)
            self._place_again()
        self.show()

    def _draw(self, frame: int) -> None:
        if self._comparison is not None and self._names():
            try:
                detail = Detail.STEPS if self.session.slow else Detail.METERS
                self._comparison.advance(self.session.player.state.now_ps, detail)
            except SourceError as error:
                self.session.message = str(error)
        super()._draw(frame)

    # ---- drawing ---------------------------------------------------------------------------

    def _picture(self, at: int, size: Size) -> list[Row]:
        """The stations of a datapath, and the packets on its road."""
        names = self._names()
        if self._comparison is None or at >= len(names):
            return block([], size)
        state = self._comparison.states[names[at]]
        slow = self.session.slow and state.detail is Detail.STEPS
        marked = self.session.marked
        drawn = _PATH.draw_packets(state, size, *marked) if slow else _PATH.draw(state, size)
        banner = 1 if size.height == _LEAST else 0  # no room for it
        told = notice(names[at]) or clean(state.summary)
        return block(
            [
                title_row(
                    names[at],
                    first_that_fits([*clauses(told), ""], size.width - len(names[at]) - 10),
                    size.width,
                ),
                *drawn[banner:],
            ],
            size,
        )

    def _table(self, size: Size) -> list[Row]:
        comparison = self._comparison
        if comparison is None or not comparison.states:
            return block([], size)
        now_ps = self.session.player.state.now_ps
        catching = comparison.now_ps < now_ps and not self.session.player.ended
        shared = _SHARED if self.session.player.source.heading.closed_loop else "since the start"
        told = f"at {fmt.clock(comparison.now_ps)}" if catching else shared
        width = (size.width - _NAME - 1) // len(comparison.states)
        head: Row = [(f" {told:<{_NAME}}", "marker" if catching else "dim")]
        for name in comparison.states:
            head.append(
                (f"{cut(clean(name), width - 1):>{_value_width(width)}}".ljust(width), "accent")
            )
        source = self.session.player.source
        reports = [
            build(source.heading, source.capabilities.meters, state)
            for state in comparison.states.values()
        ]
        lines = [
            lit(_line(line, reports, width), line.name if line.name == self.selected else "")
            for line in COMPARE_LINES
        ]
        columns = [OverheadColumn(one.datapath, of_report(one)) for one in reports]
        groups = overhead_rows.draw(columns, size.width)
        rows = [*lines, [], *self._words(reports, size.width), [], *groups]
        return block([head, *self._shown(rows, size.height - 1)], size)

    def action_scroll(self, by: int) -> None:
        """Move the table by so many rows; its last row stays in sight."""
        self._scrolled = max(0, self._scrolled + by)
        self.show()

    def _shown(self, rows: list[Row], room: int) -> list[Row]:
        """The rows in sight; the last says how many are below, unless the table just fits."""
        if len(rows) <= room:
            self._scrolled = 0
            return rows
        self._scrolled = min(self._scrolled, len(rows) - room)
        below = len(rows) - room - self._scrolled
        whole = not self._scrolled and room == len(COMPARE_LINES)
        if whole or not below:
            return rows[self._scrolled : self._scrolled + room]
        more: Row = [(f" ↓ {below + 1} rows more: the differences in words and by overhead", "dim")]
        return [*rows[self._scrolled : self._scrolled + room - 1], more]

    def _words(self, reports: list[Report], width: int) -> list[Row]:
        """The differences between the others and the first, where there is room for sentences."""
        base, *others = reports
        return [
            [(f" {line}", "text")]
            for other in others
            for sentence in contrast(base, other)
            for line in wrap(sentence, width - 2)
        ]


def _value_width(width: int) -> int:
    return width - _FACTOR - 1 if width > 2 * _FACTOR else width - 1


def _line(line: CompareLine, reports: list[Report], width: int) -> Row:
    values = [line.value(report) for report in reports]
    known = [value for value in values if value is not None]
    best = (min if line.less else max)(known) if known else None
    row: Row = [(f" {line.name:<{_NAME}}", "dim")]
    for at, value in enumerate(values):
        good = best is not None and value == best and _differ(min(known), max(known))
        text = f"{_told(line, value):>{_value_width(width)}}"
        row.append((text, "strong" if good else "text"))
        factor = _factor(values[0], value) if at and width > 2 * _FACTOR else ""
        row.append((f" {factor}".ljust(width - len(text)), "marker" if good else "dim"))
    return fit(row, sum(len(text) for text, _ in row))


def _differ(less: float, more: float) -> bool:
    """Whether two numbers are worth telling apart: packets under way alone make a hundredth."""
    return more > less * _ALIKE


def _told(line: CompareLine, value: float | None) -> str:
    if value is None:
        return "-"
    return fmt.duration(value) if line.picoseconds else fmt.quantity(value)


def _factor(base: float | None, value: float | None) -> str:
    """How many times more or less than the first; "" where that says nothing."""
    if base is None or value is None or not _differ(*sorted((base, value))):
        return ""
    if not value:
        return "none"
    if not base:
        return "new"
    return f"×{fmt.quantity(value / base)}" if value > base else f"1/{fmt.quantity(base / value)}"
