"""How one event changes the levels and indices of a ring: the part of the table that is about rings."""

from collections.abc import Callable
from typing import Any

from kbview.tape import events as ev
from kbview.tape.meter import Meters, RingMeter
from kbview.tape.vocabulary import RingKind


def ring_of(meters: Meters, queue: int, kind: RingKind = RingKind.RX) -> RingMeter | None:
    """The meter of that ring, if there is one."""
    rings = meters.rings
    return next((ring for ring in rings if ring.queue == queue and ring.kind == kind), None)


def _descriptor_done(meters: Meters, event: ev.DescriptorDone) -> None:
    if ring := ring_of(meters, event.queue):
        ring.done += 1
        ring.head = (event.slot + 1) % ring.size


def _descriptor_cleaned(meters: Meters, event: ev.DescriptorCleaned) -> None:
    if ring := ring_of(meters, event.queue):
        ring.done -= 1
        ring.cleaned += 1
        ring.next_to_clean = (event.slot + 1) % ring.size


def _refilled(meters: Meters, event: ev.RingRefilled) -> None:
    if ring := ring_of(meters, event.queue):
        ring.cleaned -= event.count
        ring.tail = (ring.tail + event.count) % ring.size


def _posted(meters: Meters, event: ev.DescriptorPosted) -> None:
    if ring := ring_of(meters, event.queue, RingKind.TX):
        ring.done += 1
        ring.tail = (event.slot + 1) % ring.size


def _completed(meters: Meters, event: ev.DescriptorsCompleted) -> None:
    if ring := ring_of(meters, event.queue, RingKind.TX):
        ring.done -= event.count
        ring.head = ring.next_to_clean = (ring.head + event.count) % ring.size


def _moved(meters: Meters, event: ev.RingProduced | ev.RingConsumed) -> None:
    if ring := ring_of(meters, event.queue, event.ring):
        ring.done += event.count if isinstance(event, ev.RingProduced) else -event.count


def _no_mbuf(meters: Meters, _event: ev.MbufsExhausted) -> None:
    if pool := ring_of(meters, 0, RingKind.MEMPOOL):
        pool.freezes += 1


def _block_retired(meters: Meters, event: ev.BlockRetired) -> None:
    if ring := ring_of(meters, event.queue, RingKind.BLOCK):
        ring.block_retired(event.block)


def _block_released(meters: Meters, event: ev.BlockReleased) -> None:
    if ring := ring_of(meters, event.queue, RingKind.BLOCK):
        ring.block_released(event.block)


RING_CHANGES: dict[type[ev.Event], Callable[[Meters, Any], None]] = {
    ev.DescriptorDone: _descriptor_done,
    ev.DescriptorCleaned: _descriptor_cleaned,
    ev.RingRefilled: _refilled,
    ev.DescriptorPosted: _posted,
    ev.DescriptorsCompleted: _completed,
    ev.RingProduced: _moved,
    ev.RingConsumed: _moved,
    ev.MbufsExhausted: _no_mbuf,
    ev.BlockRetired: _block_retired,
    ev.BlockReleased: _block_released,
}
