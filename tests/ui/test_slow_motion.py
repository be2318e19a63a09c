"""In slow motion and in a pause the path shows single packets; at full speed it shows the flow."""

import re

import pytest

from kbview.state.speed import SLOW_PS
from kbview.ui.panels.path import PathPanel
from kbview.ui.path_cells import lay
from kbview.ui.row import Size, text_of
from kbview.ui.screens.compare_view import CompareView
from kbview.ui.screens.overview_view import OverviewView
from kbview.ui.session import Offers, Session
from kbview.ui.theme import Theme
from tests.ui.pictures import played
from tests.ui.scripted import Scripted

SIZE = Size(80, 19)
ROAD = 2  # the row of the path that packets travel on


def overview(session: Session) -> list[str]:
    """The rows of the path on the Overview."""
    (path,) = OverviewView(session).lay_out(SIZE).head
    return [text_of(row) for row in path.draw(Size(80, path.height))]


def paused(*datapaths: str) -> Session:
    player = played(*datapaths)
    player.playing = False
    return Session(player, Theme.DARK)


def test_a_pause_shows_packets_by_number_at_their_stations_and_no_dots() -> None:
    session = paused("kernel")
    for _ in range(60):
        session.transport.step()
        standing = session.player.state.positions.standing()
        road = overview(session)[ROAD]
        assert "●" not in road
        for spot in lay(session.player.state.stations, 80):
            packets = standing.get(spot.station.name, [])
            here = road[spot.x : spot.x + spot.room]
            assert bool(packets) == bool(here.strip("╌ "))
            if packets and len(here.split()[0]) > 2:
                assert any(re.search(rf"[#▶]{packet}", road) for packet in packets) or "×" in here


def test_a_packet_in_the_ring_and_in_the_socket_is_shown_there() -> None:
    session = paused("kernel")
    seen = set()
    for _ in range(300):
        session.transport.step()
        where = session.player.state.positions.standing()
        road = overview(session)[ROAD]
        for spot in lay(session.player.state.stations, 80):
            if spot.station.name in ("rx ring", "socket") and where.get(spot.station.name):
                assert road[spot.x] in "▶#"
                seen.add(spot.station.name)
    assert seen == {"rx ring", "socket"}


def test_the_followed_packet_is_marked() -> None:
    session = paused("kernel")
    packet = -1
    for _ in range(200):
        session.transport.step()
        under_way = session.player.state.positions.at
        if len(under_way) > 1:
            packet = max(under_way)
            break
    session.chosen = packet
    road = overview(session)[ROAD]
    assert f"▶#{packet}" in road or f"▶{packet}" in road


def test_no_other_packet_is_marked_for_a_followed_packet_that_has_ended() -> None:
    """The mark is the answer to `f`: on another packet it would be wrong."""
    session = paused("kernel")
    for _ in range(400):
        session.transport.step()
        moved = getattr(session.player.state.last_event, "packet", -1)
        under_way = session.player.state.positions.at
        if under_way and moved >= 0 and moved not in under_way:
            break
    assert "▶" in overview(session)[ROAD], "followed by nobody: the oldest packet is marked"
    session.transport.followed = session.chosen = moved
    assert "▶" not in overview(session)[ROAD]


def test_play_is_slow_at_fifty_microseconds_a_second_and_below() -> None:
    player = played("kernel")
    session = Session(player, Theme.DARK)
    seen = {}
    for _ in range(6):
        seen[player.speed_ps] = (session.slow, "●" not in overview(session)[ROAD])
        player.change_speed(-1)
    assert len(seen) == 6
    for speed_ps, (slow, without_dots) in seen.items():
        assert slow == without_dots == (speed_ps is not None and speed_ps <= SLOW_PS)


@pytest.mark.parametrize("slow", [False, True])
def test_a_bypassed_station_has_a_dashed_line_and_never_a_dot(slow: bool) -> None:
    state = played("kernel", "dpdk").state
    panel = PathPanel()
    rows = panel.draw_packets(state, Size(80, 7)) if slow else panel.draw(state, Size(80, 7))
    road = text_of(rows[ROAD])
    spots = lay(state.stations, 80)
    assert any(spot.station.bypassed for spot in spots)
    for spot in spots:
        if spot.station.bypassed:
            assert set(road[spot.x : spot.x + spot.width - 2]) == {"╌"}


def test_the_lanes_of_compare_follow_the_same_rule() -> None:
    player = played("kernel")
    player.playing = False
    session = Session(player, Theme.DARK, offers=Offers(_through))
    view = CompareView(session)
    view.lay_out(Size(80, 30))
    comparison = view._comparison
    assert comparison is not None
    for _ in range(40):
        view._draw(0)
        if comparison.now_ps >= player.state.now_ps:
            break
    lanes = [text_of(row) for row in view._picture(0, Size(80, 8))]
    assert "●" not in "".join(lanes)


def _through(name: str) -> Scripted:
    source = Scripted()
    source.switch(name)
    return source
