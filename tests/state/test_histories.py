"""Rates belong to one datapath: none measured before a toggle is shown after it."""

from collections.abc import Iterator

import pytest

from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.flows import rate
from kbview.state.player import Player
from kbview.tape.source import Source
from kbview.ui import format as fmt

FRAME_S = 0.1


@pytest.fixture
def source() -> Iterator[Source]:
    opened = resolve("overload-udp", Choice(datapath="kernel"))
    yield opened
    opened.close()


def played(source: Source, frames: int) -> Player:
    player = Player(source)
    for _ in range(frames):
        player.tick(FRAME_S)
    return player


def test_a_rate_is_not_known_before_the_first_column(source: Source) -> None:
    histories = Player(source).state.histories
    assert histories.recent() is None
    assert histories.rate("arrived") is None
    assert histories.per_packet("mode_switches") is None
    assert fmt.rate(histories.rate("arrived")) == "-"
    assert fmt.size(histories.rate("copied_bytes")) == "-"


def test_a_toggle_ends_the_rates_of_the_datapath_before(source: Source) -> None:
    player = played(source, 20)
    histories = player.state.histories
    assert histories.rate("syscalls")
    player.switch("dpdk")
    player.show(player.tape.end_ps)
    assert player.state.datapath == "dpdk"
    assert histories.recent() is None
    assert histories.stretch() is None
    assert {rate(histories, station) for station in player.state.stations} == {(None, "")}


def test_the_rates_of_a_new_datapath_are_of_itself_alone(source: Source) -> None:
    player = played(source, 20)
    player.switch("dpdk")
    until = player.tape.end_ps
    while (recent := player.state.histories.recent()) is None:
        player.tick(FRAME_S)
    assert recent.before.time_ps >= until
    assert recent.change("arrived")
    assert recent.change("syscalls") == recent.change("interrupts") == 0
