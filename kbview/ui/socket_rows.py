"""A row for each socket: process and name, rate, receive queue against its limit, send queue, drops.

─ sockets by rate ───────────────────────────────── 12 sockets ─
 redis-server tcp :6379 < 10.0.0.7:51234   62k/s  1.9M/s  0 of 6.0M
 named udp :53                             12k/s       - 208K of 208K █████ drop 3.1k
"""

from kbview.state.socket_rates import RatedSocket, SocketOrder, drops, drops_are_behind, ordered, rated
from kbview.state.state import State
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.row import Row, Size, bar, block, cut, title_row, whole

HELP = (
    ("process, name", "the process that has the socket open, its port, and the peer's address"),
    (
        "/s",
        (
            "packets that came to the socket: of a live kernel TCP's segments (tcpi_segs_in), and "
            "UDP's datagrams that were read, as a program counts them; - is unknown"
        ),
    ),
    ("B/s", "bytes of text a second that came for TCP (tcpi_bytes_received); - is unknown"),
    (
        "2.3K of 208K",
        (
            "the receive queue in truesize bytes, and its limit rcvbuf; of a listening socket, "
            "connections that wait for accept(), and the backlog"
        ),
    ),
    ("WQ", "bytes in the send queue: of TCP not acknowledged yet, of UDP not sent yet"),
    (
        "drop",
        (
            "packets dropped because the receive queue was full (sk_drops), when the socket was last "
            "counted; - is unknown"
        ),
    ),
)
_RATE, _BYTES, _QUEUE, _BAR, _SEND, _DROPS = 8, 9, 14, 6, 9, 11
_LEAST_NAME = 24


def draw(state: State, size: Size, order: SocketOrder) -> list[Row]:
    """The table, as many rows as there is room for."""
    sockets = ordered(rated(state.meters, state.histories.recent()), order)
    count = f"{len(sockets)} socket{'s' * (len(sockets) != 1)}"
    behind = drops_are_behind(state.meters)
    told = f"{count}, drops as last counted" if behind else count
    title = title_row(f"sockets by {order}", told, size.width)
    if not sockets:
        return block([title, [(" no socket is known here", "dim")]], size)
    room = size.height - 2
    shown = sockets if len(sockets) <= room else sockets[: room - 1]
    rows = [title, _heading(size.width), *(_row(one, size.width, behind=behind) for one in shown)]
    if len(sockets) > len(shown):
        rows.append([(f" and {len(sockets) - len(shown)} more", "dim")])
    return block(rows, size)


def _name_width(width: int) -> int:
    """Cells for process and name: those that the other parts leave; the least of them go first."""
    room = width - 1 - sum((_RATE, _BYTES, _QUEUE, _BAR + 1, _SEND, _DROPS))
    for part in (_SEND, _BAR + 1, _BYTES):
        if room >= _LEAST_NAME:
            break
        room += part
    return max(_LEAST_NAME, room)


def _heading(width: int) -> Row:
    name = _name_width(width)
    parts: list[tuple[Row, int]] = [
        ([(f" {'socket':<{name}}", "dim")], 9),
        ([(f"{'packets':>{_RATE}}", "dim")], 8),
        ([(f"{'bytes':>{_BYTES}}", "dim")], 4),
        ([(f"{'queue':>{_QUEUE}}", "dim")], 7),
        ([(" " * (_BAR + 1), "dim")], 3),
        ([(f"{'WQ':>{_SEND}}", "dim")], 2),
        ([(f"{'dropped':>{_DROPS}}", "dim")], 6),
    ]
    return whole(parts, width)


def _row(one: RatedSocket, width: int, *, behind: bool) -> Row:
    meter = one.meter
    name = _name_width(width)
    lost = drops(meter) or (None if behind else drops(meter))
    full = one.share > 0.9
    parts: list[tuple[Row, int]] = [
        ([(f" {_short(clean(meter.name), name):<{name}}", "user")], 9),
        ([(f"{fmt.rate(one.packets_pps):>{_RATE}}", "strong" if one.packets_pps else "dim")], 8),
        ([(f"{_bytes(one.bytes_per_s):>{_BYTES}}", "dim")], 4),
        ([(f"{_queue(one):>{_QUEUE}}", "bad" if full else "text")], 7),
        ([(" ", "dim"), *bar(one.share, _BAR, "bad" if full else "done")], 3),
        ([(f"{fmt.size(meter.send_queued):>{_SEND}}", "dim")], 2),
        (_lost(lost, one.drops_pps), 6),
    ]
    return whole(parts, width)


def _short(name: str, room: int) -> str:
    """The name in so many cells: first the peer's address goes, then the end of the process's name."""
    if len(name) <= room:
        return name
    process, dash, port = name.partition(" :")
    port = port.split(" ")[0]
    protocol = process.rpartition(" ")[2]
    owner = process.removesuffix(protocol).rstrip()
    end = f"{protocol}{dash}{port}"
    return cut(f"{cut(owner, max(0, room - len(end) - 1))} {end}".lstrip(), room)


def _bytes(bytes_per_s: float | None) -> str:
    return "-" if bytes_per_s is None else f"{fmt.size(bytes_per_s)}B/s"


def _queue(one: RatedSocket) -> str:
    """The queue and its limit: bytes, or connections of a listening socket."""
    show = fmt.quantity if one.meter.listens else fmt.size
    limit = f" of {show(one.meter.rcvbuf)}" if one.meter.rcvbuf else ""
    return f"{show(one.meter.queued)}{limit}"


def _lost(lost: int | None, drops_pps: float | None) -> Row:
    text = "-" if lost is None else fmt.quantity(lost)
    return [(f"{text:>{_DROPS}}", "bad" if drops_pps else "strong" if lost else "dim")]
