"""Sockets: what waits in the receive and send queues of each, in truesize bytes."""

from kbview.state.state import State
from kbview.tape.meter import SocketMeter
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size, bar, cut, fit

_NAME, _BAR = 14, 6
_UNKNOWN = "WQ unknown: this source tells none"


class SocketsPanel(Panel):
    """The fullest first; two rows each where there is room for the send queue as well."""

    name = "sockets"
    title = "socket queues"
    help = (
        ("RQ", "receive queue: truesize bytes of the packets the application has not read yet"),
        ("WQ", "send queue: bytes the application wrote: of TCP not acknowledged, of UDP not sent"),
        ("of 208K", "the receive buffer (rcvbuf); a packet that exceeds it is dropped"),
        ("×91", "packets in the receive queue"),
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
        rows: list[Row] = []
        for socket in sockets:
            rows.append(_receive(socket, size.width))
            if known:
                rows.append(_send(socket))
        unknown: list[Row] = [] if known else [[(_UNKNOWN, "faint")]]
        return [*rows[: max(1, size.height - len(unknown))], *unknown]


def _receive(socket: SocketMeter, width: int) -> Row:
    share = socket.queued / socket.rcvbuf if socket.rcvbuf else 0.0
    limit = f" of {fmt.size(socket.rcvbuf)}" if socket.rcvbuf else ""
    packets = f" ×{fmt.quantity(socket.packets)}" if socket.packets or socket.received else ""
    row: Row = [
        *fit([(cut(clean(socket.name), _NAME), "user")], _NAME),
        (" RQ ", "dim"),
        *bar(share, _BAR, "bad" if share > 0.9 else "done"),
        (f" {fmt.size(socket.queued)}{limit}", "text"),
        (packets, "dim"),
    ]
    if socket.drops:
        row.append((f" drop {fmt.quantity(socket.drops)}", "bad"))
    return fit(row, width)


def _send(socket: SocketMeter) -> Row:
    label = ("WQ ".rjust(_NAME + 4), "dim")
    if socket.send_queued is None:
        return [label, ("unknown", "faint")]
    until = "not sent yet" if socket.name.startswith("udp") else "not acknowledged"
    return [label, (f"{fmt.size(socket.send_queued)} {until}", "text")]
