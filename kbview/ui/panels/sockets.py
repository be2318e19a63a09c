"""Sockets: the receive and send queues of each, in truesize bytes.

─ socket queues ──────────────────── 2 ─
udp :9000      RQ ██░░░░ 63K of 208K ×81
               WQ 0 not sent yet
"""

from kbview.state.state import State
from kbview.tape.meter import SocketMeter
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size, bar, cut, fit, whole

_NAME, _BAR, _NUMBERS = 14, 6, 36
_UNKNOWN = "WQ unknown: this source tells none"


class SocketsPanel(Panel):
    """The fullest first; two rows each where there is room for the send queue as well."""

    name = "sockets"
    title = "socket queues"
    help = (
        ("RQ", "receive queue: truesize bytes of the packets the application has not read yet"),
        ("WQ", "send queue: bytes the application wrote: of TCP not acknowledged, of UDP not sent"),
        ("of 208K", "the receive buffer (rcvbuf); a packet that exceeds it is dropped"),
        ("×91", "packets in the receive queue; left out where only its bytes are known"),
        ("truesize", "what a packet costs the kernel in memory: data, padding and the sk_buff itself"),
    )
    needs = frozenset({"sockets"})
    least, weight = 2, 12

    def summary(self, state: State) -> str:
        """How many sockets there are."""
        return str(len(state.meters.sockets) or "")

    def body(self, state: State, size: Size) -> list[Row]:
        """RQ and WQ of each; when no socket tells its WQ, that is said once."""
        sockets = sorted(state.meters.sockets.values(), key=lambda one: (-one.queued, one.name))
        if not sockets:
            return [[("no socket has received anything", "faint")]]
        known = any(socket.send_queued is not None for socket in sockets)
        name = _name_width(sockets, size.width)
        rows: list[Row] = []
        for socket in sockets:
            rows.append(_receive(socket, name, size.width))
            if known:
                rows.append(_send(socket, name))
        unknown: list[Row] = [] if known else [[(_UNKNOWN, "faint")]]
        return [*rows[: max(1, size.height - len(unknown))], *unknown]


def _receive(socket: SocketMeter, name: int, width: int) -> Row:
    """The bar goes first where it is narrow, then the limit; numbers are whole or left out."""
    share = socket.queued / socket.rcvbuf if socket.rcvbuf else 0.0
    limit = f" of {fmt.size(socket.rcvbuf)}" if socket.rcvbuf else ""
    empty = socket.received and not socket.queued
    packets = f" ×{fmt.quantity(socket.packets)}" if socket.packets or empty else ""
    drops = f" drop {fmt.quantity(socket.drops)}" if socket.drops else ""
    parts: list[tuple[Row, int]] = [
        (fit([(cut(clean(socket.name), name), "user")], name), 7),
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


def _send(socket: SocketMeter, name: int) -> Row:
    label = ("WQ ".rjust(name + 4), "dim")
    if socket.send_queued is None:
        return [label, ("unknown", "faint")]
    until = "not sent yet" if socket.name.startswith("udp") else "not acknowledged"
    return [label, (f"{fmt.size(socket.send_queued)} {until}", "text")]
