"""Slots of a receive ring: owner, DD bit and frame of each, around the three indices.

    the driver writes   | buffer address                     |   owner NIC, DD 0
    the NIC overwrites  | length | status: DD, EOP | RSS hash |   owner driver, DD 1

Intel 82599 datasheet, 7.1.6 "Advanced Receive Descriptors": read format and write-back format.
"""

from typing import NamedTuple

from kbview.state.reducer import Reducer
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.event_run import EventRun
from kbview.tape.meter import RingMeter

ZOOM = 8  # slots


class RingSlot(NamedTuple):
    """A slot. `state` is "done", "cleaned", "free" for the NIC's, or "kept" if empty but not its.

    `marks` are the indices that stand here: C, T, H.

    `packet` is the frame that the NIC wrote here last and `length` its bytes with FCS; None is unknown.
    """

    number: int
    state: str
    marks: str
    packet: int | None
    length: int | None

    @property
    def done(self) -> bool:
        """The DD bit, which the driver's refill clears."""
        return self.state in ("done", "cleaned")


class RingSlots(Reducer):
    """The latest frame of each slot. A frame is forgotten two chunks of the tape after its write."""

    hears = frozenset({ev.DescriptorDone, ev.FrameArrived})
    least = Detail.STEPS

    def __init__(self) -> None:
        self._young: dict[tuple[int, int], int] = {}  # packet by queue and slot
        self._old: dict[tuple[int, int], int] = {}
        self._lengths: dict[int, int] = {}  # by packet
        self._old_lengths: dict[int, int] = {}

    def turn(self) -> None:
        self._young, self._old = {}, self._young
        self._lengths, self._old_lengths = {}, self._lengths

    def clear(self) -> None:
        self.turn()
        self.turn()

    def apply(self, record: ev.Event) -> None:
        if isinstance(record, ev.FrameArrived):
            self._lengths[record.packet] = record.length
        elif isinstance(record, ev.DescriptorDone):
            self._young[record.queue, record.slot] = record.packet

    def apply_run(self, run: EventRun, detail: Detail) -> None:
        if detail >= self.least:
            self._lengths.update({event.packet: event.length for event in run.of(ev.FrameArrived)})
            done = run.of(ev.DescriptorDone)
            self._young.update({(event.queue, event.slot): event.packet for event in done})

    def around(self, ring: RingMeter) -> list[RingSlot]:
        """Up to eight slots at clean, head and tail and beside them, in the order of the ring."""
        size = ring.size
        wanted: list[int] = []
        for offset in (0, -1, 1, 2, -2, 3, -3, 4):
            for index in (ring.next_to_clean, ring.head, ring.tail):
                slot = (index + offset) % size
                if slot not in wanted:
                    wanted.append(slot)
        kept = wanted[:ZOOM]
        kept.sort(key=lambda slot: (slot - ring.next_to_clean + ring.cleaned + ZOOM) % size)
        return [self._slot(ring, slot) for slot in kept]

    def _slot(self, ring: RingMeter, slot: int) -> RingSlot:
        state = state_of(ring, slot)
        if state == "free" and (slot - ring.head) % ring.size >= ring.free:
            state = "kept"  # of N slots the NIC has N-1 at most
        key = (ring.queue, slot)
        packet = self._young.get(key, self._old.get(key)) if state in ("done", "cleaned") else None
        length = None
        if packet is not None:
            length = self._lengths.get(packet, self._old_lengths.get(packet))
        indices = (("C", ring.next_to_clean), ("T", ring.tail), ("H", ring.head))
        marks = "".join(letter for letter, index in indices if index % ring.size == slot)
        return RingSlot(slot, state, marks, packet, length)


def state_of(ring: RingMeter, slot: int) -> str:
    """Whether a slot is "done", "cleaned" or "free", by the indices of its ring."""
    if (slot - ring.next_to_clean) % ring.size < ring.done:
        return "done"
    return "cleaned" if (ring.next_to_clean - 1 - slot) % ring.size < ring.cleaned else "free"
