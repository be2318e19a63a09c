"""The Journey: one packet at a time, step by step, and beside it the packets before and after it.

─ journey ──────────────────────────────────────────── 500 ns a letter ─
         987.320 µs
 #56     NrrrrrrIISKKPTTooooEEA                               12.3 µs
▸#58         NrrrrrrrrrrrISKPPToooooooEEAA                    14.1 µs
 #59                 NrrrrrrrISK                              skb
 R rx ring  I irq  S softirq ...   CAPITALS: at work   small: waiting
─ #58 at step 7 of 19: skb_alloc ───────────────────────── cpu0 softirq ─
 when    987.356 µs, 1.230 µs after it arrived; took 32 ns
 does    build_skb()
 why     The kernel's record of a packet is built around the buffer ...
 cost    115 cycles at 3.6 GHz; verified, from PK: ...
"""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from kbview.state.journey_table import table
from kbview.state.journeys import JourneyEvent
from kbview.tape.detail import Detail
from kbview.tape.event import NO_PACKET
from kbview.tape.source import Capabilities
from kbview.ui import format as fmt
from kbview.ui import journey_rows, journey_table_rows, step_details
from kbview.ui.board import Drawing
from kbview.ui.dictionary import Dictionary
from kbview.ui.explained import Entry, station_entries, step_entries, word_entries
from kbview.ui.row import Row, Size, block
from kbview.ui.session import Session
from kbview.ui.step_details import name
from kbview.ui.view import CADENCE, Arrangement, View, bindings

_ACCOUNT, _SHORT_ACCOUNT = 8, 7  # rows that tell of one step
_TALL = 18
_WIDE, _SIDE = 120, 62


class JourneyView(View):
    """Keeps its cursor and its scale."""

    view = "journey"
    title_text = "journey"
    help = (
        ("the journey", journey_rows.HELP),
        ("step by step", journey_table_rows.HELP),
        ("one step of it", step_details.HELP),
    )
    most = 2
    BINDINGS: ClassVar[list[BindingType]] = bindings(view)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._cursor = (NO_PACKET, 0)  # a packet, and which of its stops
        self._position = 0  # of the view when the cursor was set
        self._scale = journey_rows.Scale()
        self._swapped = False  # in play the lanes are shown first, in a pause the table

    def lacks(self, capabilities: Capabilities) -> str | None:
        """It takes single packets."""
        if capabilities.detail < Detail.MILESTONES:
            return "this source tells meters only, and no single packets to follow"
        return None

    def lay_out(self, size: Size) -> Arrangement:
        """Lanes above the step, or beside it where there is room."""
        if size.width < _WIDE:
            lower = _ACCOUNT if size.height >= _TALL else _SHORT_ACCOUNT
            upper = self._drawing(self._upper, size.height - lower)
            return Arrangement((), [(0, [upper, self._drawing(self._account, lower)])])
        return Arrangement(
            (),
            [
                (0, [self._drawing(self._lanes, size.height)]),
                (_SIDE, [self._drawing(self._list, size.height)]),
            ],
        )

    @staticmethod
    def _drawing(draw: journey_rows.Draw, height: int) -> Drawing:
        return Drawing(draw, height, CADENCE)

    def parts(self) -> list[str]:
        """The step at the cursor, then the station where it is taken, then the rest of the screen."""
        stops, at = self._stops()
        here = [name(stops[at]), stops[at].station] if stops else []
        return [*dict.fromkeys(filter(None, here)), *super().parts()]

    def account(self, part: str, words: Dictionary) -> Sequence[Entry]:
        """A step with the source of its cost, a station with its steps, or a part's numbers."""
        player = self.session.player
        if told := step_entries(part, player.source.heading, words):
            return told
        stations = [one for one in player.state.stations if one.name == part]
        here = [entry for station in stations for entry in station_entries(station)]
        return [*here, *word_entries(part, words)] or super().account(part, words)

    # ---- the cursor ------------------------------------------------------------------------

    def _stops(self) -> tuple[list[JourneyEvent], int]:
        """The stops of the packet that is looked at, and which of them the cursor is on.

        Until a key moves it, it is at the event that was just told, else where the packet is, or after
        the packet's end at its longest step. A step of the player moves it on.
        """
        packet = self.session.packet
        stops = self.session.journeys.stops(packet)
        of, at = self._cursor
        player = self.session.player
        stays = player.playing or player.state.position == self._position
        if of == packet and stays:
            return stops, min(at, len(stops) - 1)
        last = player.state.last_event
        if not player.playing and any(stop.event is last for stop in stops):
            return stops, next(at for at, stop in enumerate(stops) if stop.event is last)
        if any(stop.ends for stop in stops):
            return stops, max(range(len(stops)), key=lambda at: stops[at].duration_ps)
        return stops, len(stops) - 1

    def action_select(self, by: int) -> None:
        """The packet before or after."""
        session = self.session
        packet, journeys = session.packet, session.journeys
        known = [each for each in journeys.packets() if each == packet or journeys.came_in(each)]
        if packet in known:
            at = known.index(packet) + by
            session.chosen = known[max(0, min(at, len(known) - 1))]
        self.show()

    def action_choose_stop(self, by: int) -> None:
        """The step before or after; the packet stays the one that is looked at."""
        stops, at = self._stops()
        self.session.chosen = self.session.packet
        self._position = self.session.player.state.position
        self._cursor = self.session.chosen, max(0, min(at + by, len(stops) - 1))
        self.show()

    def action_be_there(self) -> None:
        """Put the view of all screens at the moment of this step."""
        stops, at = self._stops()
        if stops:
            packet = self.session.packet
            self.session.transport.seek_event(stops[at].event)
            self.session.chosen = packet
            self._cursor = (NO_PACKET, 0)
            self.show()

    def action_swap(self) -> None:
        """The lanes in place of the table, or the table in place of the lanes."""
        self._swapped = not self._swapped
        self.show()

    def action_zoom(self, by: int) -> None:
        """Stretch or shrink the time around this step."""
        self._scale.zoom = max(-6, min(self._scale.zoom + by, 12))
        self.show()

    # ---- drawing ---------------------------------------------------------------------------

    def _upper(self, size: Size) -> list[Row]:
        """The lanes in play, the table in a pause, or the other of the two."""
        if self.session.player.playing is self._swapped and self._stops()[0]:
            return self._table(size)
        return self._lanes(size)

    def _table(self, size: Size) -> list[Row]:
        rows = table(self.session.journeys, self.session.packet)
        title = f"▸{fmt.packet(self.session.packet)} step by step"
        return block(journey_table_rows.draw(title, rows, self._stops()[1], size), size)

    def _lanes(self, size: Size) -> list[Row]:
        stops, at = self._stops()
        if not stops:
            return block(journey_rows.nothing(self.session.player.state.detail, size), size)
        return block(journey_rows.draw(self.session, self._scale, stops[at], size), size)

    def _account(self, size: Size) -> list[Row]:
        stops, at = self._stops()
        if not stops or self.session.packet == NO_PACKET:
            return block([], size)
        return block(step_details.draw(self.session, stops, at, size), size)

    def _list(self, size: Size) -> list[Row]:
        room = max(0, size.height - _ACCOUNT - 2)
        return block(
            [
                *self._account(Size(size.width, _ACCOUNT + 2)),
                *self._table(Size(size.width, room)),
            ],
            size,
        )
