"""A slot's owner, DD bit and frame are as the 82599 data sheet and the ring's indices say."""

from hypothesis import given
from hypothesis import strategies as st

from kbview.state.ring_slots import ZOOM, RingSlots
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters, RingMeter, Sample
from kbview.tape.vocabulary import RingKind
from kbview.ui import slot_rows
from tests.contracts.played import Case, played

EMPTY = RingMeter(0, 512, 0, 511, 0)


def test_of_an_empty_ring_all_slots_but_the_last_are_the_nic_s() -> None:
    slots = RingSlots().around(EMPTY)
    assert len(slots) == ZOOM
    assert {slot.number for slot in slots if slot.state == "kept"} == {511}
    assert not any(slot.done for slot in slots)
    assert {slot.number: slot.marks for slot in slots if slot.marks} == {0: "CH", 511: "T"}


def test_a_frame_sets_dd_in_its_slot_and_the_slot_is_the_driver_s_until_the_refill() -> None:
    """82599 datasheet 7.1.6.2: the NIC sets DD when it writes the descriptor back."""
    state = State()
    state.apply(Sample(0, Meters(rings=[RingMeter(0, 512, 0, 511, 0)]), Detail.STEPS))
    state.apply(ev.FrameArrived(1, 0, 12, 64))
    state.apply(ev.DescriptorDone(2, 0, 12, 0))
    (ring,) = state.meters.rings
    done = next(slot for slot in state.slots.around(ring) if slot.number == 0)
    assert (done.state, done.done, done.marks, done.packet, done.length) == ("done", True, "C", 12, 64)
    state.apply(ev.DescriptorCleaned(3, 0, 12, 0))
    cleaned = next(slot for slot in state.slots.around(ring) if slot.number == 0)
    assert (cleaned.state, cleaned.done, cleaned.packet) == ("cleaned", True, 12)
    state.apply(ev.RingRefilled(4, 0, 1))
    after = {slot.number: slot for slot in state.slots.around(ring)}
    assert (after[0].state, after[0].done, after[0].packet) == ("kept", False, None)
    assert (after[511].state, ring.free) == ("free", 511), "the doorbell moved the tail on"


def test_the_zoom_says_who_owns_a_slot_and_which_frame_lies_there() -> None:
    state = State()
    state.apply(Sample(0, Meters(rings=[RingMeter(0, 512, 0, 511, 0)]), Detail.STEPS))
    state.apply(ev.FrameArrived(1, 0, 12, 64))
    state.apply(ev.DescriptorDone(2, 0, 12, 0))
    told = dict(slot_rows.entries(state))
    assert told["slot 0 C"] == "DD 1, the driver's: #12, 64 bytes; the driver reads it next"
    assert "the NIC's" in told["slot 1 H"]
    assert "kept empty" in told["slot 511 T"]


def test_without_a_receive_ring_nothing_is_invented() -> None:
    assert slot_rows.entries(State()) == []


@given(st.integers(0, 15), st.integers(0, 15), st.integers(0, 15))
def test_the_zoom_has_each_index_and_no_slot_twice(clean: int, done: int, cleaned: int) -> None:
    done, cleaned = min(done, 15), min(cleaned, 15 - min(done, 15))
    free = 15 - done - cleaned
    head = (clean + done) % 16
    ring = RingMeter(0, 16, head, (head + free) % 16, clean, done, cleaned)
    slots = RingSlots().around(ring)
    assert len({slot.number for slot in slots}) == ZOOM
    assert {mark for slot in slots for mark in slot.marks} == {"C", "T", "H"}
    tail = next(slot for slot in slots if "T" in slot.marks)
    assert tail.state == "kept", "a ring of 16 holds 15"


def test_each_done_slot_of_a_scenario_has_its_frame() -> None:
    """At every moment of a run in steps the packet of a done slot is the packet written there."""
    state, seen = State(), 0
    for record in played(Case("paced-udp", "kernel")).records:
        state.apply(record)
        if isinstance(record, ev.DescriptorDone):
            ring = state.meters.ring(record.queue, RingKind.RX)
            assert ring is not None
            slot = next(one for one in state.slots.around(ring) if one.number == record.slot)
            assert (slot.packet, slot.done) == (record.packet, True)
            assert slot.length is not None
            seen += 1
    assert seen > 20
