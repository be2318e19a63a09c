"""The list of packets: a line each, with the filter's verdict on all of them."""

from kbview.state.summary import Summary, Wanted, summary
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.row import Row, Size, cut, fate_room, first_that_fits, fit, title_row
from kbview.ui.session import Session

HELP = (
    ("a line", "number, time of arrival, protocol, who to whom, length with FCS, what became of it"),
    ("S, SA, A, FA", "flags of a TCP segment: S SYN, A ACK, F FIN, R RST, P PSH, U URG, E ECE, C CWR"),
    ("dropped", "somebody gave it up, with the kernel's name for the reason"),
    ("at skb", "it is under way, and this is its station"),
    (
        "not recorded",
        "the tape tells of the packet, but the source kept no bytes, or tells them when it leaves",
    ),
    (
        "/ filter",
        (
            "as for tcpdump (pcap-filter): tcp, udp, arp, icmp, port 80, host 10.0.0.2, "
            "net 10.0.0.0/8, src, dst, vlan 5, len > 1000 without FCS; dropped, delivered, waiting, "
            "sent, #12; joined by and, or, not and brackets, from left to right"
        ),
    ),
)
_UNCUT = 400  # cells, more than any line needs
_NUMBER, _TIME, _PROTOCOL, _LENGTH = 10, 12, 5, 6


class PacketList:
    """The lines of the last packets. A line is made anew only when its packet has another event."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._made: dict[int, tuple[int, Summary]] = {}
        self.text = ""
        self.wanted: Wanted | None = None

    def lines(self) -> list[Summary]:
        """All packets that are known and wanted, in the order of their numbers."""
        journeys = self._session.journeys
        journeys.follow(self._session.player.tape, self._session.player.state)
        known = journeys.packets()
        made = {}
        for packet in known:
            stops = journeys.own(packet)
            before = self._made.get(packet)
            fresh = before is not None and before[0] == len(stops)
            made[packet] = before if before and fresh else (len(stops), summary(packet, stops))
        self._made = made
        lines = [one for _, one in made.values()]
        return [one for one in lines if self.wanted(one)] if self.wanted else lines

    def chosen(self, lines: list[Summary]) -> Summary | None:
        """The marked packet: the session's, or the last that passes the filter."""
        packet = self._session.packet
        return next((one for one in lines if one.packet == packet), lines[-1] if lines else None)

    def chosen_text(self) -> str:
        """The chosen line as text, its words apart by a space; "" without a line."""
        chosen = self.chosen(self.lines())
        if chosen is None:
            return ""
        return " ".join("".join(text for text, _ in _line(chosen, False, _UNCUT)).split())

    def draw(self, size: Size, focused: bool) -> list[Row]:
        """A rule with the filter, and the lines around the chosen one."""
        lines = self.lines()
        chosen = self.chosen(lines)
        total = len(self._made)
        told = f"{len(lines)} of {total}" if self.wanted else f"{total} known here"
        name = f"packets: {self.text}" if self.text else "packets"
        rows = [title_row(name, told, size.width, focused)]
        at = lines.index(chosen) if chosen else 0
        room = size.height - 1
        first = max(0, min(at - room // 2, len(lines) - room))
        rows += [_line(one, one is chosen, size.width) for one in lines[first : first + room]]
        if not lines:
            rows.append([(f" {self._none(total)}", "dim")])
        return rows

    def _none(self, total: int) -> str:
        if total and not any(one.data for _, one in self._made.values()):
            return "no bytes of these packets were kept, so only dropped, sent, ... can be asked for"
        if total:
            return "no packet is like this; / changes the filter"
        return "no single packet is told here; slow down with - to see them"


def _line(one: Summary, here: bool, width: int) -> Row:
    end = fate_room(width)
    room = width - _NUMBER - _TIME - _PROTOCOL - _LENGTH - end
    number = cut(f"{'▸' if here else ' '}{fmt.packet(one.packet)}", _NUMBER - 1)
    way = first_that_fits(_ways(one), room - 1) if one.layout.protocol else "not recorded"
    row: Row = [
        (f"{number:<{_NUMBER}}", "strong" if here else "text"),
        (f"{fmt.clock(one.time_ps):>{_TIME - 1}} ", "dim"),
        (f"{one.layout.protocol:<{_PROTOCOL}}", "accent"),
        (cut(way, room - 1).ljust(room), "text" if one.layout.protocol else "faint"),
        (f"{one.length or '?':>{_LENGTH - 1}} ", "text"),
    ]
    return fit([*row, _fate(one, end)], width)


def _ways(one: Summary) -> tuple[str, ...]:
    """Sender, receiver and protocol; in a narrow row without the sender, and then the ports alone."""
    layout = one.layout
    flags = f"{layout.flags:<3} " if layout.protocol == "tcp" else ""
    way = clean(layout.way)
    ports = f":{layout.source_port} > :{layout.destination_port}" if layout.destination_port else ""
    receiver = f">{way.partition(' >')[2]}" if way else ""
    return f"{flags}{way}", f"{flags}{receiver}", f"{flags}{ports}" if ports else receiver, receiver


def _fate(one: Summary, room: int) -> tuple[str, str]:
    if one.state == "waiting":
        place = clean(one.where) or "?"
        return first_that_fits([f"at {place}", place], room), "accent"
    lost = one.state in ("dropped", "missed")
    told = [text for text in (clean(one.reason), one.state) if text]
    marked = [f"× {text}" for text in told] if lost else told
    return first_that_fits(marked, room), "bad" if lost else "dim"
