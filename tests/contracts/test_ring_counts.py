"""A ring of the NIC never has a negative number of slots: a slot is cleaned before it is given back."""

import pytest

from kbview.emulator.datapaths import DATAPATHS
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.player import Player
from kbview.tape.vocabulary import RingKind

EVENTS = 1500


@pytest.mark.parametrize("name", DATAPATHS)
def test_at_every_event_done_cleaned_and_free_are_slots_of_the_ring(name: str) -> None:
    """ixgbe's receive functions write the tail register after their loop over descriptors."""
    source = resolve("short-connections" if name == "mtcp" else "steady-udp", Choice(name))
    player = Player(source)
    player.produce(300_000_000, 5.0)
    cleaned = 0
    for position in range(1, min(EVENTS, player.tape.length)):
        player.fold(position)
        for ring in player.state.meters.rings:
            if ring.kind is RingKind.RX:
                counts = ring.done, ring.cleaned, ring.free
                assert min(counts) >= 0, (position, counts)
                assert sum(counts) <= ring.size
                cleaned = max(cleaned, ring.cleaned)
    assert cleaned > 0
    source.close()
