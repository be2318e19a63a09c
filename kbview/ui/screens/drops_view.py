"""The Drops: why packets are lost, where, on which port, whose socket it is, and the cure of each.

`v` goes on to the sockets, and to the cores with their interrupt lines.

─ drops ────────────────────────────────────── 3.2k of 20k frames ─
 socket  SOCKET_RCVBUFF  __udp_enqueue_…  udp :53  named   3.1k  310/s ▁▃█
 udp     NO_SOCKET       __udp4_lib_rcv   udp :99            12    0/s
─ cure ────────────────────────────────────────────────────────────
 SOCKET_RCVBUFF  read faster, or SO_RCVBUF with sysctl net.core.rmem_max
"""

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from textual.binding import BindingType

from kbview.state.histories import Histories
from kbview.state.interval import Interval
from kbview.state.socket_rates import SocketOrder
from kbview.state.state import State
from kbview.tape.kernel_meter import DropMeter
from kbview.tape.meter import DEFINITIONS
from kbview.tape.vocabulary import Place, drop_key
from kbview.ui import core_rows, socket_rows
from kbview.ui import format as fmt
from kbview.ui.board import Drawing
from kbview.ui.characters import clean
from kbview.ui.cures import MISSED, cure_of
from kbview.ui.dictionary import Dictionary
from kbview.ui.explained import Entry
from kbview.ui.panels.cores import CoresPanel
from kbview.ui.row import Row, Size, block, cut, lit, title_row, whole
from kbview.ui.session import Session
from kbview.ui.trend import gather_drops
from kbview.ui.view import CADENCE, Arrangement, View, bindings

_PLACE, _REASON, _FUNCTION, _PORT, _PROCESS, _COUNT, _RATE = 10, 20, 22, 12, 16, 8, 8
_PAGES = ("drops", "sockets", "cores")
_DROPS, _SOCKETS, _CORES = _PAGES
_CORES_PANEL = CoresPanel()
_CURE = 4  # rows, its title included
_TREND = 12
_MISSED = DropMeter(Place.NIC, MISSED, "rx_missed_errors", "", "", 0)


class DropsView(View):
    """The most frequent first. A cause without function and port is one that the source only counts."""

    view = "drops"
    title_text = "drops"
    needs = frozenset({"dropped"})
    BINDINGS: ClassVar[list[BindingType]] = bindings(view)
    help = (
        (
            "drops",
            (
                ("dropped", DEFINITIONS["dropped"]),
                ("missed", DEFINITIONS["missed"]),
                ("reason", "the kernel's own name, as this kernel numbers it"),
                ("function", "the function of the kernel that gave the packet up, where it is known"),
                ("port, process", "the destination's port, and the process that has its socket open"),
                ("/s", "drops for that reason at that place in the last second of yours, and before"),
            ),
        ),
        ("cure", (("cure", "the setting or the act against the selected reason, else the first"),)),
        ("sockets", socket_rows.HELP),
        ("cores", (*core_rows.HELP, *_CORES_PANEL.help)),
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._page = _DROPS
        self._order = SocketOrder.RATE

    def action_swap(self) -> None:
        """From the drops to the sockets, to the cores, and back."""
        self._page = _PAGES[(_PAGES.index(self._page) + 1) % len(_PAGES)]
        self.show()

    def action_order(self) -> None:
        """The sockets by rate, by queue, by drops."""
        orders = list(SocketOrder)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._page = _SOCKETS
        self.show()

    def parts(self) -> list[str]:
        """The reasons where they are shown, then the other parts of the screen."""
        causes = self._causes() if self._page == _DROPS else []
        return [*dict.fromkeys(cause.reason for cause in causes), *super().parts()]

    def account(self, name: str, words: Dictionary) -> Sequence[Entry]:
        """The cure and the definition of a reason, or the numbers of a part."""
        if name in [cause.reason for cause in self._causes()]:
            found = words.explain(name)
            return [("cure", cure_of(name)), *((one.kind, one.text) for one in found)]
        return super().account(name, words)

    def lay_out(self, size: Size) -> Arrangement:
        """The causes with a cure, the sockets, or the cores: a drawing of the whole height."""
        return Arrangement((), [(0, [Drawing(self._draw_page, size.height, CADENCE)])])

    def _draw_page(self, size: Size) -> list[Row]:
        state = self.session.player.state
        if self._page == _SOCKETS:
            return socket_rows.draw(state, size, self._order)
        if self._page == _CORES:
            return self._draw_cores(size)
        causes = self._draw_causes(Size(size.width, size.height - _CURE))
        return [*causes, *self._draw_cure(Size(size.width, _CURE))]

    def _draw_cores(self, size: Size) -> list[Row]:
        """The counters of softnet; where nobody reads them, first where the cores' time goes."""
        player = self.session.player
        if player.state.meters.softnet or _CORES_PANEL.lacks(player.capabilities) is not None:
            return core_rows.draw(player.state, size)
        rows = min(size.height - 2, len(player.state.meters.cores) + 3)
        used = _CORES_PANEL.draw(player.state, Size(size.width, rows))
        return [*used, *core_rows.draw(player.state, Size(size.width, size.height - rows))]

    # ---- causes ----------------------------------------------------------------------------

    def _causes(self) -> list[DropMeter]:
        return causes_of(self.session.player.state)

    def _draw_causes(self, size: Size) -> list[Row]:
        state = self.session.player.state
        meters = state.meters
        lost = fmt.quantity(meters.dropped + meters.missed)
        rows = [title_row("drops", f"{lost} of {fmt.quantity(meters.arrived)} frames", size.width)]
        causes = self._causes()
        if not causes:
            return block([*rows, [(" nothing is lost", "dim")]], size)
        shown = causes[: size.height - 2]
        rows += [self._cause(cause, state.histories, size.width) for cause in shown]
        if len(causes) > len(shown):
            left = sum(cause.count for cause in causes[len(shown) :])
            more = len(causes) - len(shown)
            rows.append([(f" and {more} more causes: {fmt.quantity(left)}", "dim")])
        return block(rows, size)

    def _cause(self, cause: DropMeter, histories: Histories, width: int) -> Row:
        rate = _rate(histories.recent(), cause)
        style = "bad" if rate else "text"
        parts: list[tuple[Row, int]] = [
            ([(f" {cut(clean(cause.where), _PLACE - 2):<{_PLACE - 1}}", "dim")], 7),
            ([(f"{cut(clean(cause.reason), _REASON - 1):<{_REASON}}", style)], 10),
            ([(f"{cut(clean(cause.function), _FUNCTION - 1):<{_FUNCTION}}", "dim")], 3),
            ([(f"{cut(clean(cause.port), _PORT - 1):<{_PORT}}", "text")], 6),
            ([(f"{cut(clean(cause.process), _PROCESS - 1):<{_PROCESS}}", "text")], 5),
            ([(f"{fmt.quantity(cause.count):>{_COUNT - 1}} ", "strong")], 9),
            ([(f"{fmt.rate(rate):>{_RATE}}", style)], 8),
            ([(f" {_trend(histories, cause)}", style)], 2),
        ]
        row = whole(parts, width)
        return lit(row, cut(clean(cause.reason), _REASON - 1)) if cause.reason == self.selected else row

    # ---- cure ------------------------------------------------------------------------------

    def _draw_cure(self, size: Size) -> list[Row]:
        causes = self._causes()
        reasons = [cause.reason for cause in causes]
        chosen = self.selected if self.selected in reasons else next(iter(reasons), "")
        rows = [title_row("cure", "Tab: the next reason" if len(set(reasons)) > 1 else "", size.width)]
        if chosen:
            told = wrap(f"{clean(chosen)}: {cure_of(chosen)}", size.width - 2)
            rows += [[(f" {line}", "text")] for line in told]
        return block(rows, size)


def causes_of(state: State) -> list[DropMeter]:
    """The causes as the source tells them, else a cause for each place and reason; then the missed."""
    meters = state.meters
    causes = list(meters.causes)
    if not causes:
        for key, count in meters.drops.items():
            where, _, reason = key.partition("/")
            causes += [DropMeter(Place(where), reason, "", "", "", count)] if count else []
    if meters.missed:
        causes.append(DropMeter(_MISSED.where, MISSED, _MISSED.function, "", "", meters.missed))
    return sorted(causes, key=lambda cause: (-cause.count, cause.where, cause.reason, cause.port))


def _rate(recent: Interval | None, cause: DropMeter) -> float:
    """Drops a second of trace time, of all causes with this place and reason."""
    if recent is None or not recent.duration_ps:
        return 0.0
    if cause.reason == MISSED:
        return recent.change("missed") * 1e12 / recent.duration_ps
    return recent.dropped(drop_key(cause.where, cause.reason)) * 1e12 / recent.duration_ps


def _trend(histories: Histories, cause: DropMeter) -> str:
    if cause.reason == MISSED:
        return " " * _TREND
    return gather_drops(histories, drop_key(cause.where, cause.reason), _TREND)
