"""The zoom of a ring: eight slots at clean, head and tail, each with its owner, DD bit and frame.

slot 37 C   DD 1, driver's: #12, 64 bytes; the driver reads it next
slot 41 H   DD 0, the NIC's: an empty buffer, the next frame goes here
"""

from kbview.state.ring_slots import RingSlot
from kbview.state.state import State
from kbview.tape.meter import RingMeter
from kbview.tape.vocabulary import RingKind
from kbview.ui import format as fmt
from kbview.ui.explained import Entry
from kbview.ui.row import Row

_LAYOUT = (
    "a descriptor",
    (
        "16 bytes: the driver writes the buffer's address; the NIC overwrites it with length, hash and "
        "status, where DD says that the frame is there and EOP that it ends in this buffer (82599)"
    ),
)


def entries(state: State) -> list[Entry]:
    """The fullest receive ring's slots as terms and sentences; none without a receive ring."""
    rings = [ring for ring in state.meters.rings if ring.kind == RingKind.RX]
    if not rings:
        return []
    ring = max(rings, key=lambda one: one.done)
    slots = state.slots.around(ring)
    told = f"rx ring {ring.queue}, {ring.size} slots: {len(slots)} at clean (C), tail (T) and head (H)"
    return [
        ("zoom", told),
        *((_term(slot), _sentence(slot)) for slot in slots),
        _LAYOUT,
    ]


def table(state: State, ring: RingMeter) -> list[Row]:
    """The slots in short: number, indices, DD, owner and frame."""
    rows: list[Row] = []
    for slot in state.slots.around(ring):
        owner = "NIC" if slot.state == "free" else "driver"
        rows.append(
            [
                (f"slot {slot.number:<5}", "dim"),
                (f"{slot.marks:<3}", "pointer"),
                (f"DD {int(slot.done)} {owner:<7}", "text"),
                (_frame(slot, "B") if slot.packet is not None else "", "strong"),
            ]
        )
    return rows


def _term(slot: RingSlot) -> str:
    return f"slot {slot.number} {slot.marks}".rstrip()


def _sentence(slot: RingSlot) -> str:
    if slot.state == "done":
        after = "; the driver reads it next" if "C" in slot.marks else ""
        return f"DD 1, the driver's: {_frame(slot)}{after}"
    if slot.state == "cleaned":
        return f"DD 1, the driver's: {_frame(slot)}, taken out; the slot waits for a new buffer"
    if slot.state == "kept":
        return "DD 0, the driver's: kept empty, or a full ring would look like an empty ring"
    if "H" in slot.marks:
        return "DD 0, the NIC's: an empty buffer; the next frame is written here"
    return "DD 0, the NIC's: an empty buffer"


def _frame(slot: RingSlot, unit: str = "bytes") -> str:
    if slot.packet is None:
        return "a frame (slow motion tells which)"
    length = "" if slot.length is None else f", {slot.length} {unit}"
    return f"{fmt.packet(slot.packet)}{length}"
