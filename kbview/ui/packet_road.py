"""The road in slow motion: packets by number at their stations.

wire NIC  rx ring ║ irq  softirq skb  IP  TCP/UDP socket ║ read app
     #31  #29+2   ║              ▶#28              #27   ║
"""

from collections.abc import Mapping

from kbview.ui import format as fmt
from kbview.ui.path_cells import Spot
from kbview.ui.row import Row, fit

Cell = tuple[str, str]


def packet_road(spots: list[Spot], standing: Mapping[str, list[int]], followed: int, width: int) -> Row:
    """The followed packet is marked with ▶; a bypassed station has a dashed line.

    `standing` has the packets of each station, the longest under way first.
    """
    cells: list[Cell] = [(" ", "text")] * width
    for at, spot in enumerate(spots):
        end = spots[at + 1].x if at + 1 < len(spots) else width
        if spot.wall:
            cells[spot.x - 2] = ("║", "wall")
        if spot.station.bypassed:
            cells[spot.x : end] = [("╌", "shade")] * (end - spot.x)
    for at, spot in enumerate(spots):
        packets = [] if spot.station.bypassed else standing.get(spot.station.name, [])
        if packets:
            _place(cells, spot, packets, followed, _room(spots, at, standing, width))
    return fit(cells[:width], width)


def _room(spots: list[Spot], at: int, standing: Mapping[str, list[int]], width: int) -> int:
    """Cells up to the next wall, packet or bypassed station, with a space before it."""
    for spot in spots[at + 1 :]:
        if spot.wall:
            return spot.x - 2 - spots[at].x
        if spot.station.bypassed or standing.get(spot.station.name):
            return spot.x - 1 - spots[at].x
    return width - spots[at].x


def _place(cells: list[Cell], spot: Spot, packets: list[int], followed: int, room: int) -> None:
    here = followed in packets
    mark, others = "▶" if here else "", len(packets) - 1
    number = f"{mark}{fmt.packet(followed if here else packets[0])}"
    named = [f"{number}+{others}", number] if others else [number]
    short = [number.replace(" ", "").replace("#", "")] if here or " " in number else []
    counted = [f"{mark}×{len(packets)}"] if others else []
    own = min(room, spot.room)
    candidates = [
        *((text, own) for text in [*named, *short]),
        *((text, room) for text in [number, *counted, *short] if " " not in number),
        *((text, own) for text in [*counted, mark or "#"]),
    ]
    text = next((text for text, cells_for in candidates if len(text) <= cells_for), "")
    for offset, char in enumerate(text):
        cells[spot.x + offset] = (char, "marker" if here else "strong")
