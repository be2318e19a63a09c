"""The Packet: which packets there are, and all that is in one of them, as it lies in memory now.

─ packets: udp ───────────────────────────────────────── 12 of 161 ─
 #57   987.123 µs  udp  10.0.0.1:9000 > 10.0.0.2:53      106  6.2 µs
▸#58   988.001 µs  udp  10.0.0.1:9001 > 10.0.0.2:53      106  at skb
─ layers ──────────────────────────── ─ bytes ─────────────────────────
 Ethernet  14 bytes                    0000 02 00 00 00 00 01 02 00 ....
   dst      02:00:00:00:00:01         ─ sk_buff ───────────────────────
 IPv4  20 bytes                        head     0 · headroom 64
   ttl      64                               64 ░ Ethernet, off 14
                                       data    78 █ IPv4 20
"""

import logging
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from kbview.packet.dissect import DissectedLayer, dissect
from kbview.state.buffer import Buffer, buffer_of, recorded
from kbview.state.summary import EXAMPLES, Summary, parse
from kbview.tape.detail import Detail
from kbview.tape.event import HOST_PACKETS
from kbview.tape.source import Capabilities
from kbview.ui import buffer_rows, layer_rows, packet_list
from kbview.ui import format as fmt
from kbview.ui.board import Drawing
from kbview.ui.dictionary import Dictionary
from kbview.ui.explained import Entry
from kbview.ui.packet_list import PacketList
from kbview.ui.prompt import Prompt
from kbview.ui.row import Row, Size, block, faint, title_row
from kbview.ui.session import Session
from kbview.ui.view import CADENCE, Arrangement, View, bindings

_LIST, _PICTURE, _SIDE = 6, 9, 39
_PANES = ("list", "layers", "bytes")


class PacketView(View):
    """Keeps its filter, which part the arrows move, and how far the others are scrolled."""

    view = "packet"
    title_text = "packet"
    help = (
        ("packets", packet_list.HELP),
        ("the buffer", buffer_rows.HELP),
    )
    most = 2
    BINDINGS: ClassVar[list[BindingType]] = bindings(view)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._list = PacketList(session)
        self._pane = _PANES[0]
        self._scrolled = dict.fromkeys(_PANES, 0)
        self._layers: tuple[bytes, list[DissectedLayer]] = (b"", [])
        self.ready = False  # scapy takes most of a second to load

    def lacks(self, capabilities: Capabilities) -> str | None:
        """It takes single packets."""
        if capabilities.detail < Detail.MILESTONES:
            return "this source tells meters only, and no single packets"
        return None

    def on_mount(self) -> None:
        """Load what reads the protocols, while the rest is drawn already."""
        self.run_worker(self._load, thread=True)

    def _load(self) -> None:
        logging.getLogger("scapy").setLevel(logging.CRITICAL)  # it would write on the screen
        dissect(bytes(60))
        self.ready = True
        self.app.call_from_thread(self.show)

    def lay_out(self, size: Size) -> Arrangement:
        """The list above; fields at the left, bytes and buffer at the right."""
        upper = max(_LIST, size.height // 3)
        rows = size.height - upper
        picture = min(_PICTURE + (rows > 15), rows - 2)
        side = max(_SIDE, size.width * 2 // 5)
        return Arrangement(
            [Drawing(self._draw_list, upper, CADENCE)],
            [
                (0, [Drawing(self._draw_layers, rows, CADENCE)]),
                (
                    side,
                    [
                        Drawing(self._draw_bytes, rows - picture, CADENCE),
                        Drawing(self._draw_buffer, picture, CADENCE),
                    ],
                ),
            ],
        )

    # ---- the cursor ------------------------------------------------------------------------

    def action_select(self, by: int) -> None:
        """The line before or after, or so far up or down in what the arrows move now."""
        if self._pane != _PANES[0]:
            self._scrolled[self._pane] = max(0, self._scrolled[self._pane] + by)
        else:
            lines = self._list.lines()
            chosen = self._list.chosen(lines)
            if chosen is not None:
                at = max(0, min(lines.index(chosen) + by, len(lines) - 1))
                self.session.chosen = lines[at].packet
                self._scrolled = dict.fromkeys(_PANES, 0)
        self.show()

    def account(self, name: str, words: Dictionary) -> Sequence[Entry]:
        """What the list shows, or a header's place in the buffer."""
        if name == "layers":
            return [("layers", "the headers of the packet with their fields, as the protocols say")]
        return super().account("the buffer" if name == "bytes" else name, words)

    def action_pane(self) -> None:
        """Let the arrows move the next part of the screen, and `?` explain it."""
        self._pane = _PANES[(_PANES.index(self._pane) + 1) % len(_PANES)]
        self.selected = "" if self._pane == "list" else self._pane
        self.show()

    async def action_inspect(self) -> None:
        """The journey of this packet."""
        chosen = self._list.chosen(self._list.lines())
        if chosen is not None:
            self.session.chosen = chosen.packet
            await self.run_action("app.view('journey')")

    def action_filter(self) -> None:
        """Ask which packets are wanted."""
        session = self.session
        self.app.push_screen(
            Prompt("filter", EXAMPLES, self._list.text, session.theme, session.ascii), self._filter
        )

    def _filter(self, text: str | None) -> None:
        if text is None:
            return
        wanted = parse(text) if text.strip() else None
        if isinstance(wanted, str):
            self.say(wanted)
        else:
            self._list.text, self._list.wanted, self.session.message = text.strip(), wanted, ""
        self.show()

    # ---- drawing ---------------------------------------------------------------------------

    def _draw_list(self, size: Size) -> list[Row]:
        return block(self._list.draw(size, self._pane == "list"), size)

    @property
    def copied(self) -> str:
        return self._list.chosen_text() or super().copied

    def _chosen(self) -> Summary | None:
        return self._list.chosen(self._list.lines())

    def _draw_layers(self, size: Size) -> list[Row]:
        chosen = self._chosen()
        rows = [
            title_row(
                "layers",
                fmt.packet(chosen.packet) if chosen else "",
                size.width,
                self._pane == "layers",
            )
        ]
        if chosen is not None:
            told = self._fields(chosen, size.width)
            first = max(0, min(self._scrolled["layers"], len(told) - size.height + 1))
            self._scrolled["layers"] = first
            rows += told[first:]
        return block(rows, size)

    def _fields(self, chosen: Summary, width: int) -> list[Row]:
        event = recorded(self.session.journeys.own(chosen.packet))
        parts = chosen.layout.parts
        if event is None:
            return [
                *layer_rows.outline(parts, width),
                *faint("Its bytes are not on this tape.", width),
            ]
        if not self.ready:
            return [*layer_rows.outline(parts, width), *faint("reading the protocols ...", width)]
        if self._layers[0] != event.data:
            self._layers = event.data, dissect(event.data)
        return layer_rows.fields(self._layers[1], parts, width)

    def _draw_bytes(self, size: Size) -> list[Row]:
        chosen = self._chosen()
        event = recorded(self.session.journeys.own(chosen.packet)) if chosen else None
        told = f"{len(event.data)} of {max(event.length - 4, len(event.data))} kept" if event else ""
        rows = [title_row("bytes", told, size.width, self._pane == "bytes")]
        if chosen is None or event is None:
            return block([*rows, *faint(_without_bytes(chosen), size.width)], size)
        buffer = self._buffer(chosen)
        gone = buffer.data - buffer.begin
        dump = layer_rows.hexdump(event.data, chosen.layout.parts, gone, size.width)
        first = max(0, min(self._scrolled["bytes"], len(dump) - size.height + 1))
        self._scrolled["bytes"] = first
        return block([*rows, *dump[first:]], size)

    def _buffer(self, chosen: Summary) -> Buffer:
        session = self.session
        return buffer_of(session.journeys.own(chosen.packet), session.player.state.stations)

    def _draw_buffer(self, size: Size) -> list[Row]:
        chosen = self._chosen()
        if chosen is None:
            return block([title_row("buffer", "", size.width)], size)
        buffer = self._buffer(chosen)
        where = f"at {chosen.where}" if chosen.state == "waiting" else chosen.state
        rows = [title_row(buffer.kind or "no buffer of its own", where, size.width)]
        return block([*rows, *buffer_rows.draw(buffer, size)], size)


def _without_bytes(chosen: Summary | None) -> str:
    """Why there are no bytes to show."""
    if chosen is None:
        return "no packet is chosen"
    if chosen.packet >= HOST_PACKETS and chosen.state == "waiting":
        return "not told yet: a frame of this host has its bytes when it leaves"
    return "not recorded: the source keeps none"
