"""The path: every station in the packet's order, the walls between them, and packets on their way.

HARDWARE          ║ KERNEL                                      ║ USER         ● = 50
wire▸NIC▸rx ring  ║ irq ▸ softirq ▸ skb ▸ IP ▸ TCP/UDP ▸ socket ║ read ▸ app
●  ●  ●  ●  ●     ║ ●       ● ●       ●   ●    ●  ●      ●  ●   ║ ●   ●  ●  ●
         ██░░ 78%     irqs  polls                    █░░░░ 12%
812k  812k 812k     41k   41k       812k  812k 812k/s    812k/s   808k   808k
           miss 12                                       drop 3
                     180ns 95ns      210ns 90ns 260ns    150ns    410ns  80ns
"""

from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache, partial
from itertools import groupby

from kbview.state.flows import cost_ps, dots, rate
from kbview.state.state import State
from kbview.tape.detail import Detail
from kbview.tape.event import NO_PACKET
from kbview.tape.handover import NOTICE, gives_frames
from kbview.tape.meter import DEFINITIONS
from kbview.tape.vocabulary import RingKind
from kbview.ui import format as fmt
from kbview.ui.packet_road import packet_road
from kbview.ui.panel import Panel
from kbview.ui.path_banner import banner
from kbview.ui.path_cells import Spot, placed, singular, unnamed, wall_before
from kbview.ui.row import Row, Size, bar, block, first_that_fits, length

# What happens at a ring, and the kind of ring that is.
_RINGS = {"DescriptorDone": RingKind.RX, "BlockRetired": RingKind.BLOCK}
_Note = Callable[[State, Spot], Row]
_ROAD = "·●"  # nothing, and a dot
_CROSSED = {"·": "║", "●": "╫"}  # the same in a wall
_DASHED = {"╌": "║"}
_UNLIKE = (
    NOTICE,
    "no IP, UDP, TCP: the app gets frames",
    "no IP, TCP: app gets frames",
    "app gets frames",
    "frames",
)


class PathPanel(Panel):
    """The hero. It has no title: the domains are its title."""

    name = "path"
    title = "the path"
    help = (
        (
            "HARDWARE, KERNEL, USER",
            "the owner of the ground under the stations; walls are between owners",
        ),
        ("HW", "HARDWARE, where there is no room for the word"),
        ("faint stations", "places of the ordinary stack that this datapath does not visit"),
        (
            "3 more, +3",
            "stations without room at this width; the part with the followed packet is drawn",
        ),
        (
            "beside, ┬",
            "a branch: the kernel takes the sk_buff there while the packet waits at its station",
        ),
        (
            "bypassed",
            "stack: the kernel's driver still receives; kernel: user space receives",
        ),
        (
            "●=50",
            "a dot on the road is so many passes of the station it left; it moves on at every frame",
        ),
        (
            "▶#28, #29+3",
            (
                "at 1 s = 50 µs and slower, or paused: the followed packet, and the oldest packet of a "
                "station with the number of others there; no dots. # alone: its number has no room"
            ),
        ),
        ("╌╌╌", "a stretch that this datapath does not visit"),
        ("frames", f"{NOTICE}; numbers are for less work than a stack's"),
        (
            "level",
            "ring: slots or blocks that wait to be read; socket: its receive buffer, in truesize",
        ),
        ("×12, #8112", "packets that stand here now, or the one that does; known in slow motion only"),
        (
            "812k/s",
            (
                "packets a second of trace time; other things where the row above says so: irqs "
                "(interrupts), polls, runs of a softirq, calls, bursts, events, chunks, mbufs"
            ),
        ),
        ("miss", DEFINITIONS["missed"]),
        ("drop", DEFINITIONS["dropped"]),
        ("310ns", "what the steps of the station cost, divided by the packets that were delivered"),
    )
    needs = frozenset({"arrived", "delivered"})
    least, weight = 5, 7
    cadence = 1

    def draw(self, state: State, size: Size) -> list[Row]:
        """Rows in the order of their weight: the bottom rows are cut where they do not fit."""
        spots = list(placed(tuple(state.stations), size.width))
        standing = state.positions.standing() if state.detail >= Detail.STEPS else {}
        rows = [
            banner(state, spots),
            list(_names(tuple(spots))),
            _road(state, spots, size.width),
            _noted(state, spots, partial(_level, standing), unlike=True),
            _rates(state, spots),
            _noted(state, spots, _losses),
            _costs(state, spots),
        ]
        return block(rows, size)

    def draw_packets(
        self, state: State, size: Size, followed: int = NO_PACKET, alone: bool = False
    ) -> list[Row]:
        """For slow motion: single packets by number where they are, and no dots.

        Where `followed` is not under way the oldest is marked, or none if it is followed `alone`.
        """
        standing = state.positions.standing()
        if state.positions.of(followed) is None and not alone:
            followed = min(state.positions.at, default=NO_PACKET)
        here = (at for at, one in enumerate(state.stations) if followed in standing.get(one.name, ()))
        spots = list(placed(tuple(state.stations), size.width, next(here, None)))
        rows = [
            banner(state, spots, "▶ followed"),
            list(_names(tuple(spots))),
            packet_road(spots, standing, followed, size.width),
            _noted(state, spots, _queue, unlike=True),
            _rates(state, spots),
            _noted(state, spots, _losses),
            _costs(state, spots),
        ]
        return block(rows, size)

    def body(self, state: State, size: Size) -> list[Row]:
        """The same: there is no title above."""
        return self.draw(state, size)


@lru_cache(maxsize=32)
def _names(shown: tuple[Spot, ...]) -> Row:
    """A stretch of bypassed stations has names only where all of them have room."""
    row: Row = []
    spots = list(shown)
    narrow = unnamed(spots)
    for at, spot in enumerate(spots):
        wall_before(row, spot)
        name = spot.station.name
        if spot.station.bypassed:
            row.append(("" if spot in narrow else name, "faint"))
        else:
            row.append((name, f"{spot.domain}"))
            if at + 1 < len(spots) and not spots[at + 1].wall:
                branches = spots[at + 1].station.beside and not spot.station.beside
                row.append(((" " * (spot.width - len(name)))[:-1] + "┬▸"[not branches], "faint"))
    return row


def _road(state: State, spots: list[Spot], width: int) -> Row:
    """Each visited station's dots run from it to the next station; a bypassed one has a dashed line."""
    walls = {spot.x - 2 for spot in spots if spot.wall}
    row: Row = [(" ", "text")] if spots else []
    begin, ends = len(row), [*(spot.x for spot in spots[1:]), width]
    for spot, end in zip(spots, ends, strict=False):
        room = max(0, end - begin)
        if spot.station.bypassed:
            lane, style, signs = "╌" * room, "shade", _DASHED
        else:
            passed = dots(state.histories, spot.station, room)
            lane, style, signs = "".join([_ROAD[dot] for dot in passed]), spot.domain.value, _CROSSED
        for at in sorted(walls.intersection(range(begin, begin + room))):
            row += [(lane[: at - begin], style), (signs[lane[at - begin]], "wall")]
            lane, begin, room = lane[at - begin + 1 :], at + 1, room - (at - begin + 1)
        row.append((lane, style))
        begin += room
    return row


def _noted(state: State, spots: list[Spot], note: _Note, *, unlike: bool = False) -> Row:
    """A row with the text of `note` below the name of each visited station.

    With `unlike` the room below bypassed stations says that the application gets frames, if it does.
    """
    row: Row = []
    gone = _gap(spots) if unlike and gives_frames(state.datapath) else []
    taken = 0
    for spot in spots:
        taken = wall_before(row, spot, taken=taken)
        told: Row = []
        if not spot.station.bypassed:
            told = note(state, spot)
        elif gone and spot is gone[0]:
            room = gone[-1].x + gone[-1].width - spot.x - 1
            told = [(first_that_fits(_UNLIKE, room), "dim")]
        row += told
        taken += length(told)
    return row


def _gap(spots: list[Spot]) -> list[Spot]:
    """The longest row of bypassed stations side by side."""
    groups = groupby(spots, key=lambda spot: spot.station.bypassed)
    return max((list(group) for bypassed, group in groups if bypassed), key=len, default=[])


def _level(standing: Mapping[str, list[int]], state: State, spot: Spot) -> Row:
    told = _queue(state, spot)
    packets = standing.get(spot.station.name)
    if told or not packets:
        return told
    number = [fmt.packet(packets[0])] if len(packets) == 1 else []
    return [(first_that_fits([*number, f"×{fmt.quantity(len(packets))}"], spot.room), "strong")]


def _queue(state: State, spot: Spot) -> Row:
    """The level of a ring or a socket, else the unit of the rate below unless that is packets."""
    fill = _fill(state, spot)
    if fill is not None:
        return bar(fill, spot.room, "bad" if fill > 0.9 else f"{spot.domain}")
    _, things = rate(state.histories, spot.station)
    told = first_that_fits([things, singular(things)], spot.room)
    return [(told, "dim")] if things else []


def _fill(state: State, spot: Spot) -> float | None:
    """How full the fullest queue at this station is, if one is here."""
    steps = spot.station.steps
    for step, kind in _RINGS.items():
        fills = [ring.done / ring.size for ring in state.meters.rings if ring.kind == kind]
        if step in steps and fills:
            return max(fills)
    if "SocketQueued" in steps and state.meters.sockets:
        sockets = state.meters.sockets.values()
        return max(socket.queued / socket.rcvbuf if socket.rcvbuf else 0.0 for socket in sockets)
    return None


def _rate(state: State, spot: Spot) -> Row:
    passes, _ = rate(state.histories, spot.station)
    if passes is None:
        return [("-", "faint")]
    if not passes and "costs" in state.meters.unknown:
        return [("?", "faint")]  # only steps would tell, and they are not told any more
    text = fmt.rate(passes)
    told = first_that_fits([text, fmt.quantity(passes)], spot.room)
    return [(told, "text" if passes else "faint")]


def _losses(state: State, spot: Spot) -> Row:
    if "DescriptorDone" in spot.station.steps and state.meters.missed:
        return _lost("miss", state.meters.missed, spot)
    places = spot.station.name.lower().removeprefix("generic ").split("/")
    dropped = sum(n for key, n in state.meters.drops.items() if key.partition("/")[0] in places)
    return _lost("drop", dropped, spot) if dropped else []


def _lost(word: str, count: int, spot: Spot) -> Row:
    """How many, and the word where there is room for it."""
    number = fmt.quantity(count)
    return [(first_that_fits([f"{word} {number}", number], spot.room), "bad")]


def _rates(state: State, spots: list[Spot]) -> Row:
    """The row of rates, which stay for some columns."""
    key = (_rate, *spots, "costs" in state.meters.unknown)
    return _as_told(state, key, lambda: _noted(state, spots, _rate))


def _costs(state: State, spots: list[Spot]) -> Row:
    """The row of costs, which stay as long; empty where a cost has no room: it is whole or absent."""

    def told() -> Row:
        if any(length(_cost(state, spot)) > spot.room for spot in spots):
            return []
        return _noted(state, spots, _cost)

    return _as_told(state, (_cost, *spots), told)


def _as_told(state: State, key: Hashable, tell: Callable[[], Row]) -> Row:
    """The row of this key as it was told for the present rates, else told now."""
    histories = state.histories
    histories.recent()  # forgets the rows of other rates
    if key not in histories.told:
        histories.told[key] = tell()
    return histories.told[key]


def _cost(state: State, spot: Spot) -> Row:
    cost = 0 if spot.station.bypassed else cost_ps(state.histories, spot.station)
    return [(fmt.duration(cost).replace(" ", ""), "dim")] if cost else []
