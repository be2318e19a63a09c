"""Sockets: the receive and send queues of each, in truesize bytes.

─ socket queues ──────────────────── 2 ─
tcp :80 < …    RQ ██░░░░ 63K of 208K ×81
ESTABLISHED    WQ 0 not acknowledged
tcp :80 accept AQ █░░░░░ 3 of 128
"""

from kbview.state.socket_rates import RatedSocket, drops_are_behind, rated
from kbview.state.state import State
from kbview.tape.meter import SocketMeter
from kbview.ui import format as fmt
from kbview.ui import tcp_rows
from kbview.ui.characters import clean
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size, bar, cut, first_that_fits, fit, whole

_NAME, _BAR, _NUMBERS = 14, 6, 15  # cells; the numbers that stay are the queue's bytes and packets


class SocketsPanel(Panel):
    """The fullest first, then the busiest; two rows each where a send queue is known."""

    name = "sockets"
    title = "socket queues"
    help = (
        ("RQ", "receive queue: truesize bytes of the packets the application has not read yet"),
        ("WQ", "send queue: bytes the application wrote: of TCP not acknowledged, of UDP not sent"),
        ("AQ", "accept queue: established connections that wait for accept(), of at most the backlog"),
        (
            "ESTABLISHED",
            (
                "the connection's state in RFC 9293; known in slow motion, from its last change on; of "
                "a capture as the peer's segments show it, up to CLOSE-WAIT"
            ),
        ),
        ("[LAST-ACK], 3", "the state that a connection entered last, and how many are in a state"),
        ("of 208K", "the receive buffer (rcvbuf); a packet that exceeds it is dropped"),
        ("×91", "packets in the receive queue; left out where only its bytes are known"),
        (
            "drop 509+",
            "packets that found the receive queue full; + at least, for more were lost since the count",
        ),
        ("truesize", "what a packet costs the kernel in memory: data, padding and the sk_buff itself"),
    )
    needs = frozenset({"sockets"})
    least, weight = 2, 12
    most = 14

    def summary(self, state: State) -> str:
        """How many sockets there are."""
        return str(len(state.meters.sockets) or "")

    def body(self, state: State, size: Size) -> list[Row]:
        """RQ and WQ of each; when no socket tells its WQ, that is said once."""
        by_rate = sorted(rated(state.meters, state.histories.recent()), key=_busiest)
        sockets = [one.meter for one in by_rate]
        if not sockets:
            return [[("no socket has received anything", "faint")]]
        known = any(socket.send_queued is not None for socket in sockets)
        name = _name_width(sockets, size.width)
        more = "+" if drops_are_behind(state.meters) else ""
        rows: list[Row] = []
        for socket in sockets:
            if socket.listens:
                rows.append(_accept(socket, name, size.width))
                continue
            told = state.connections.of(socket.name)
            rows.append(_receive(socket, name, size.width, more))
            if known or told:
                rows.append(_send(socket, told, name, size.width, known=known))
        drawn = tcp_rows.draw(state.connections, size)
        return [*rows[: size.height - len(drawn)], *drawn]


def _busiest(one: RatedSocket) -> tuple[int, int, int, float, bool, str]:
    """The fullest first, then drops, then text unsent, then the rate; listening sockets at last."""
    socket = one.meter
    listens = socket.listens
    queued = 0 if listens else socket.queued
    unsent = socket.send_queued or 0
    return -queued, -socket.drops, -unsent, -(one.packets_pps or 0.0), listens, socket.name


def _receive(socket: SocketMeter, name: int, width: int, more: str) -> Row:
    """The bar goes first where it is narrow, then the limit; numbers are whole or left out.

    `more` stands behind the drops: "+" where they were counted before the last ones.
    """
    share = socket.queued / socket.rcvbuf if socket.rcvbuf else 0.0
    limit = f" of {fmt.size(socket.rcvbuf)}" if socket.rcvbuf else ""
    empty = socket.received and not socket.queued
    packets = f" ×{fmt.quantity(socket.packets)}" if socket.packets or empty else ""
    drops = f" drop {fmt.quantity(socket.drops)}{more}" if socket.drops else ""
    parts: list[tuple[Row, int]] = [
        (fit([(_named(socket, name), "user")], name), 7),
        ([(" RQ ", "dim")], 6),
        (bar(share, _BAR, "bad" if share > 0.9 else "done"), 1),
        ([(f" {fmt.size(socket.queued)}", "text")], 9),
        ([(limit, "text")] if limit else [], 2),
        ([(packets, "dim")] if packets else [], 5),
        ([(drops, "bad")] if drops else [], 8),
    ]
    return fit(whole(parts, width), width)


def _name_width(sockets: list[SocketMeter], width: int) -> int:
    """Cells for the names: all of the longest where there is room."""
    longest = max(len(clean(socket.name)) for socket in sockets)
    return max(_NAME, min(longest, width - _NUMBERS))


def _named(socket: SocketMeter, room: int) -> str:
    """The name; without its protocol or without its peer where only that fits, else cut at its end."""
    name = clean(socket.name)
    texts = (name, name.partition(" ")[2], name.partition(" < ")[0])
    return next((text for text in texts if text and len(text) <= room), cut(name, room))


def _send(socket: SocketMeter, told: str, name: int, width: int, *, known: bool) -> Row:
    """The state of its connection below the name, and the send queue if any socket's is `known`."""
    row: Row = [(cut(clean(told), name).ljust(name), "accent")]
    if not known:
        return row
    if socket.send_queued is None:
        return [*row, (" WQ ", "dim"), ("unknown", "faint")]
    until = "not sent yet" if socket.name.startswith("udp") else "not acknowledged"
    queued = fmt.size(socket.send_queued)
    return [
        *row,
        (" WQ ", "dim"),
        (first_that_fits([f"{queued} {until}", queued], width - name - 4), "text"),
    ]


def _accept(socket: SocketMeter, name: int, width: int) -> Row:
    """Connections that wait to be accepted, of at most the backlog."""
    share = socket.queued / socket.rcvbuf if socket.rcvbuf else 0.0
    drops = f" drop {fmt.quantity(socket.drops)}" if socket.drops else ""
    parts: list[tuple[Row, int]] = [
        ([(_named(socket, name).ljust(name), "user")], 7),
        ([(" AQ ", "dim")], 6),
        (bar(share, _BAR, "bad" if share > 0.9 else "done"), 1),
        ([(f" {fmt.quantity(socket.queued)}", "text")], 9),
        ([(f" of {fmt.quantity(socket.rcvbuf)}", "text")] if socket.rcvbuf else [], 2),
        ([(drops, "bad")] if drops else [], 8),
    ]
    return fit(whole(parts, width), width)
