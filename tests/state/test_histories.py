"""Rates belong to one datapath: none measured before a toggle is shown after it."""

from collections.abc import Iterator

import pytest

from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.flows import cost_ps, dots, rate, unit
from kbview.state.player import Player
from kbview.state.rebuild import rebuild
from kbview.state.state import State
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


def asked(state: State) -> tuple[int, list[tuple[list[bool], tuple[float | None, str], float | None]]]:
    """All that a path asks for at each station."""
    histories = state.histories
    each = [
        (dots(histories, station, 90), rate(histories, station), cost_ps(histories, station))
        for station in state.stations
    ]
    return unit(histories), each


def test_an_answer_that_is_kept_is_the_answer_of_a_state_that_has_kept_none(source: Source) -> None:
    player = Player(source)
    for frame in range(130):
        player.tick(FRAME_S)
        if frame == 40:
            player.switch("dpdk")
        if frame == 80:
            player.change_speed(-2)
        if frame == 110:
            player.go(player.state.position // 2)
        if frame % 10 in (0, 1, 4):
            state = player.state
            fresh = rebuild(player.tape, state.position, player.speed.column_ps)
            assert asked(state) == asked(fresh), frame
    assert any(any(lane) for lane, _, _ in asked(player.state)[1])
