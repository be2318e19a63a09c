"""The receive ring, slot by slot: the owner of each slot, and where the three indices stand."""

import re
from bisect import bisect_right

from kbview.state.ring_slots import ZOOM
from kbview.state.state import State
from kbview.tape.meter import RingMeter
from kbview.tape.vocabulary import RingKind
from kbview.ui import format as fmt
from kbview.ui import slot_rows
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size, fit, text_of

# Of a ring in shared memory with the kernel: who owns a block.
_OWNERS = {"done": "user", "cleaned": "reading", "free": "kernel"}
# Of a ring between two programs, such as those of AF_XDP: who is to move next.
_WAITING = {"done": "waiting", "cleaned": "held", "free": "free"}
_NAMES = {"done": "done", "cleaned": "cleaned", "free": "NIC"}
_NARROW = 9  # cells of a ring that shares its row
_GLYPHS = {"done": "█", "cleaned": "▓", "free": "░"}
_STATES = {glyph: state for state, glyph in _GLYPHS.items()}
_POOLS = (RingKind.MEMPOOL, RingKind.CACHE)  # their entries are free buffers
_INDEXED = (RingKind.RX, RingKind.TX, RingKind.BLOCK)  # kinds whose three indices are known
_ROOM_FOR_ZOOM = ZOOM + 4  # rows
_ALIKE = re.compile(r"(.)\1*")
_POINTERS = "CTH"  # the later wins where they share a cell


class RingsPanel(Panel):
    """A ring over as many rows as there are; several rings with a row each, or less."""

    name = "rings"
    title = "rings"
    help = (
        ("done", "slots that hold a frame, or are receiving one, and wait for the driver"),
        ("cleaned", "slots that the driver emptied but has not yet given back"),
        ("NIC", "slots that the NIC may still write to; none left: the next frame is missed"),
        ("H head", "where the NIC writes next; hardware moves it"),
        ("t0, t1", "transmit rings: slots whose frames wait to be sent, or to be freed after that"),
        ("T tail", "the last slot given to the NIC; the driver's doorbell moves it"),
        ("C clean", "next_to_clean, where the driver reads next; its own note"),
        ("slot 37, DD 1", "with the rings selected (Tab), ? shows eight slots at the three indices"),
        ("user, kernel", "blocks of an AF_PACKET ring by their owner; the kernel fills the one at H"),
        (
            "frozen",
            "how often the kernel found every block still the user's, and dropped until one was free",
        ),
        ("mempool, cache", "free mbufs in the ring that all lcores share, and in the cache of each"),
        ("rx_nombuf", "how often rx_burst found no free mbuf; the frame stays in its descriptor"),
        ("waiting", "entries of a ring between two programs that the other one has not taken out yet"),
    )
    needs = frozenset({"rings"})
    least, weight = 3, 10
    most = 19
    cadence = 2

    def summary(self, state: State) -> str:
        """How many slots of the first kind of ring are in use."""
        rings = _received(state.meters.rings)
        if not rings:
            return ""
        alike = _alike(rings)
        frozen = sum(ring.freezes for ring in rings)
        if failed := sum(ring.freezes for ring in state.meters.rings if ring.kind == RingKind.MEMPOOL):
            return f"rx_nombuf {fmt.quantity(failed)}"
        used = f"{sum(ring.done for ring in alike)} of {sum(ring.size for ring in alike)}"
        if len(alike) < len(rings):
            used = f"{rings[0].kind} {used}"
        return f"frozen {fmt.quantity(frozen)}  {used}" if frozen else used

    def body(self, state: State, size: Size) -> list[Row]:
        """Slots, then the meanings of the glyphs."""
        rings = _in_use(state.meters.rings)
        if not rings:
            return [[("no ring yet", "faint")]]
        legend = [_legend(_received(rings), size.width)]
        if len(rings) <= max(1, size.height - 2):
            legend += _scale(rings, size)
        legend = legend[: max(0, size.height - 1)]
        height = size.height - len(legend)
        if len(rings) == 1 and rings[0].kind == RingKind.RX and height >= _ROOM_FOR_ZOOM:
            legend += slot_rows.table(state, rings[0])
            height = size.height - len(legend)
        if len(rings) == 1:
            return [*_slots(rings[0], size.width, height), *legend]
        return [*_several(rings, size.width, height), *legend]


def _in_use(rings: list[RingMeter]) -> list[RingMeter]:
    """The rings to draw: not the transmit rings that nothing was ever posted to."""
    return [ring for ring in rings if ring.kind != RingKind.TX or ring.tail or ring.done]


def _received(rings: list[RingMeter]) -> list[RingMeter]:
    """The rings that the panel's numbers are about: transmit rings have their own rows only."""
    return [ring for ring in rings if ring.kind not in (RingKind.TX, *_POOLS)] or rings


def _several(rings: list[RingMeter], width: int, rows: int) -> list[Row]:
    """A row for each ring, or several in a row, each with how full it is, where they are many."""
    if len(rings) <= rows:
        return [_line(ring, width) for ring in rings]
    widest = max(_NARROW, *(len(_label(ring)) + 2 for ring in rings))
    columns = min(-(-len(rings) // rows), max(1, width // widest))
    hidden = len(rings) - rows * columns
    shown = rings if hidden <= 0 else rings[: (rows - 1) * columns]
    grid: list[Row] = [
        fit([run for ring in shown[at : at + columns] for run in _level(ring, width // columns)], width)
        for at in range(0, len(shown), columns)
    ]
    more: list[Row] = [[(f"and {len(rings) - len(shown)} more", "dim")]] if hidden > 0 else []
    return [*grid, *more]


def _level(ring: RingMeter, width: int) -> Row:
    """How full a ring is, from the left: done, then cleaned."""
    label = _label(ring)
    room = max(0, width - len(label) - 1)
    done = -(-ring.done * room // ring.size)
    cleaned = min(room - done, ring.cleaned * room // ring.size)
    free = room - done - cleaned
    cells = ((done, "done"), (cleaned, "cleaned"), (free, "free"))
    return [(label, "dim"), *((_GLYPHS[state] * count, state) for count, state in cells), (" ", "dim")]


def _label(ring: RingMeter) -> str:
    if ring.kind == RingKind.TX:
        return f"t{ring.queue:<2}"
    name = f"cache {ring.queue}" if ring.kind == RingKind.CACHE else ring.kind
    return f"{ring.queue:<3}" if ring.kind in _INDEXED else f"{name:<9} "


def _cells(ring: RingMeter, room: int) -> int:
    """Cells for the slots: never more than slots."""
    return min(room, ring.size)


def _slots(ring: RingMeter, width: int, rows: int) -> list[Row]:
    cells = _cells(ring, width * rows)
    text, letters = _draw(ring, cells), _letters(ring, cells)
    return [
        fit(_stretch(text, letters, at, min(at + width, cells)), width) for at in range(0, cells, width)
    ]


def _line(ring: RingMeter, width: int) -> Row:
    label = _label(ring)
    cells = _cells(ring, width - len(label))
    return [(label, "dim"), *_stretch(_draw(ring, cells), _letters(ring, cells), 0, cells)]


def _draw(ring: RingMeter, cells: int) -> str:
    """The glyphs of so many cells: each has the state of most of its slots."""
    bounds = [cell * ring.size // cells for cell in range(cells + 1)]
    glyphs = _glyphs(ring)
    drawn = [glyphs[start] for start in bounds[:-1]]
    for change in _ALIKE.finditer(glyphs):  # the other cells have slots of one state
        cell = bisect_right(bounds, change.start()) - 1
        slots = glyphs[bounds[cell] : bounds[cell + 1]]
        drawn[cell] = max(dict.fromkeys(slots), key=slots.count)
    return "".join(drawn)


def _letters(ring: RingMeter, cells: int) -> dict[int, str]:
    """The letters of the indices, by the cell at which each stands."""
    if ring.kind not in _INDEXED:
        return {}
    slots = (ring.next_to_clean, ring.tail, ring.head)
    return {
        slot % ring.size * cells // ring.size: letter
        for letter, slot in zip(_POINTERS, slots, strict=True)
    }


def _stretch(text: str, letters: dict[int, str], begin: int, end: int) -> Row:
    """The cells from `begin` up to `end` with the letters among them."""
    row: Row = []
    for cell in sorted(at for at in letters if begin <= at < end):
        row += [(alike[0], _STATES[alike[0][0]]) for alike in _ALIKE.finditer(text, begin, cell)]
        row.append((letters[cell], "pointer"))
        begin = cell + 1
    return row + [(alike[0], _STATES[alike[0][0]]) for alike in _ALIKE.finditer(text, begin, end)]


def _glyphs(ring: RingMeter) -> str:
    """The glyph of each slot from slot 0 on; `state_of` for all slots at once."""
    size = ring.size
    done = max(0, min(ring.done, size))
    cleaned = max(0, min(ring.cleaned, size - done))
    free = size - done - cleaned
    from_clean = _GLYPHS["done"] * done + _GLYPHS["free"] * free + _GLYPHS["cleaned"] * cleaned
    before = size - ring.next_to_clean % size
    return from_clean[before:] + from_clean[:before]


def _alike(rings: list[RingMeter]) -> list[RingMeter]:
    """The rings of the first one's kind: slots of unlike rings are not added."""
    return [ring for ring in rings if ring.kind == rings[0].kind]


def _legend(rings: list[RingMeter], width: int) -> Row:
    """The glyphs with the number of slots of each; without the numbers where the row is narrow."""
    unlike, rings = rings, _alike(rings)
    names = _names({ring.kind for ring in rings})
    kind: Row = [(f"{rings[0].kind}: ", "dim")] if len(rings) < len(unlike) else []
    counts = {
        "done": sum(ring.done for ring in rings),
        "cleaned": sum(ring.cleaned for ring in rings),
        "free": sum(ring.free for ring in rings),
    }
    shown = {state: count for state, count in counts.items() if count or not kind}
    told = [
        [*kind, *_keys({state: f" {names[state]} {count:<4}" for state, count in shown.items()})],
        [*kind, *_keys({state: f"{names[state]} {count} " for state, count in shown.items()})],
        [*kind, *_keys({state: f" {names[state]} " for state in shown})],
    ]
    return next((row for row in told if len(text_of(row).rstrip()) <= width), told[-1])


def _keys(words: dict[str, str]) -> Row:
    return [run for state, word in words.items() for run in ((_GLYPHS[state], state), (word, "dim"))]


def _names(kinds: set[str]) -> dict[str, str]:
    if kinds == {RingKind.BLOCK}:
        return _OWNERS
    return _NAMES if kinds & set(_INDEXED) else _WAITING


def _scale(rings: list[RingMeter], size: Size) -> list[Row]:
    ring = rings[0]
    rows = max(1, size.height - 2) if len(rings) == 1 else 1
    slots = -(-ring.size // (size.width * rows))
    if ring.kind not in _INDEXED:
        return [[(f"about {slots} entries a cell" if slots > 1 else "an entry a cell", "dim")]]
    what = "block" if ring.kind == RingKind.BLOCK else "slot"
    return [[(f"{slots} {what}s a cell  " if slots > 1 else f"a {what} a cell  ", "dim"),
             ("H", "pointer"), (" head ", "dim"), ("T", "pointer"), (" tail ", "dim"),
             ("C", "pointer"), (" clean", "dim")]]  # fmt: skip
