"""Forward, back, by leaps and by runs: the view goes where it was told, and time never lies."""

from collections.abc import Iterator

import pytest

from kbview.emulator.datapaths import DATAPATHS
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.destination import Destination, parse
from kbview.state.player import Player
from kbview.state.speed import SPEEDS, US, Speed
from kbview.state.step_kinds import STEP_KINDS
from kbview.state.transport import Transport
from kbview.state.until import Grown, Level, Until, choices
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Sample
from kbview.tape.source import Source
from tests.state.tapes import GAP_PS, RECORDINGS, dump
from tests.ui.scripted import Scripted

OPENED: list[Source] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def player_of(word: str, datapath: str = "kernel") -> Player:
    source = resolve(recording(word) or word, Choice(datapath=datapath, longest_gap_ps=GAP_PS))
    OPENED.append(source)
    return Player(source)


def played(player: Player, frames: int = 20) -> Transport:
    for _ in range(frames):
        player.tick(0.1)
    return Transport(player)


@pytest.mark.parametrize("datapath", DATAPATHS)
@pytest.mark.parametrize("word", RECORDINGS)
def test_a_step_forward_and_back_gives_the_identical_state(word: str, datapath: str) -> None:
    player = player_of(word, datapath)
    transport = played(player)
    for kind in STEP_KINDS:
        transport.step(kind)  # from the middle of a frame, or of another stride, to a stop
        seen = [dump(player.state)]
        for _ in range(8):
            assert transport.step(kind)
            seen.append(dump(player.state))
        for before in seen[-2::-1]:
            assert transport.step_back(kind)
            assert dump(player.state) == before
        for after in seen[1:]:
            assert transport.step(kind)
            assert dump(player.state) == after


@pytest.mark.parametrize("datapath", DATAPATHS)
def test_going_back_and_playing_on_shows_the_same_again(datapath: str) -> None:
    player = player_of("http.pcap", datapath)
    transport = played(player, 40)
    there = dump(player.state)
    transport.shift(-1)
    assert player.state.now_ps < there["time"][0]
    while player.state.now_ps < there["time"][0]:
        player.tick(0.1)
    assert dump(player.state) == there


def test_steps_stop_at_what_they_say() -> None:
    player = player_of("http.pcap")
    transport = played(player)
    assert transport.step("packet")
    assert isinstance(player.state.last_event, ev.FrameArrived)
    first = player.state.packet
    assert transport.step("packet")
    second = player.state.packet
    assert second > first
    before = dict(player.state.positions.at)
    assert transport.step("stage")
    assert player.state.positions.at != before
    assert transport.step_back("packet")
    assert player.state.packet == second
    assert isinstance(player.state.last_event, ev.FrameArrived)


def test_a_followed_packet_is_the_only_one_a_stage_stops_at() -> None:
    player = player_of("udp-bursts.pcap")
    transport = played(player, 40)
    transport.step("packet")
    transport.followed = packet = player.state.packet
    places = []
    while transport.step("stage"):
        assert getattr(player.state.last_event, "packet", None) == packet
        places.append(player.state.positions.of(packet))
    assert places[:2] == ["rx ring", "skb"]
    assert places[-1] is None  # delivered
    assert len(places) == len(set(places))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_a_share_of_the_tape(share: float) -> None:
    player = player_of("http.pcap")
    transport = played(player, 50)
    assert transport.seek_to(Destination(share=share))
    assert abs(player.state.now_ps - share * player.tape.end_ps) <= 1


def test_a_packet_is_found_on_the_tape_or_run_to() -> None:
    player = player_of("http.pcap")
    transport = played(player, 50)
    assert transport.seek_to(Destination(packet=7))
    assert (player.state.packet, player.until) == (7, None)
    assert transport.seek_to(Destination(packet=700))
    assert player.until is not None
    for _ in range(500):
        player.tick(0.1)
    assert (player.state.packet, player.playing) == (700, False)
    assert player.said == "reached: packet #700 arrives"
    length = player.tape.length
    for packet in (400, 401, 402, 403):  # some of these were sent, and so never arrived
        assert transport.seek_to(Destination(packet=packet))
        assert packet <= player.state.packet < packet + 4
    assert player.tape.length == length


def test_a_packet_that_the_tape_does_not_tell_is_not_found() -> None:
    player = player_of("bulk.pcap")
    transport = played(player, 20)
    transport.end()
    while not player.source.ended:
        player.change_speed(99)
        player.tick(0.1)
    assert not transport.seek_packet(10**9)


def test_a_time_that_is_to_come_is_run_to() -> None:
    player = player_of("http.pcap")
    transport = played(player, 1)
    transport.seek(10_000 * US)
    for _ in range(500):
        player.tick(0.1)
    assert player.state.now_ps == 10_000 * US
    assert not player.playing


def test_home_and_end() -> None:
    player = player_of("http.pcap")
    transport = played(player, 30)
    end_ps = player.tape.end_ps
    transport.home()
    assert (player.state.now_ps, player.state.datapath) == (0, "kernel")
    transport.end()
    assert (player.state.now_ps, player.behind_ps) == (end_ps, 0)


@pytest.mark.parametrize("until", choices()[:4], ids=lambda until: until.what)
def test_a_run_stops_at_the_very_event(until: Until) -> None:
    player = player_of("overload-udp")
    transport = played(player, 1)
    transport.run_until(until)
    for _ in range(300):
        player.tick(0.1)
    assert (player.playing, player.said) == (False, f"reached: {until.what}")
    assert isinstance(until, Grown)
    assert isinstance(player.state.last_event, until._events)


def test_a_run_to_a_level_stops_on_the_way_up_and_runs_on_past_it() -> None:
    player = player_of("overload-udp")
    transport = played(player, 1)
    transport.run_until(Level(0.5))
    while player.playing:
        player.tick(0.1)
    meters = player.state.meters
    levels = [ring.done / ring.size for ring in meters.rings]
    levels += [socket.queued / socket.rcvbuf for socket in meters.sockets.values()]
    assert 0.5 <= max(levels) < 0.52


def test_a_run_that_comes_to_the_end_says_so() -> None:
    player = Player(Scripted(packets=100))
    Transport(player).run_until(Level(0.99))
    for _ in range(50):
        player.tick(0.1)
    assert player.said == "not reached: a ring or a socket queue is 99 % full; this is the end"


def test_where_only_meters_are_told_a_drop_is_found_between_samples() -> None:
    player = player_of("overload-udp")
    player.change_speed(99)
    player.tick(0.1)
    assert player.state.detail is Detail.METERS
    transport = Transport(player)
    transport.run_until(choices()[0])
    for _ in range(100):
        player.tick(0.1)
    assert not player.playing
    assert player.state.meters.dropped + player.state.meters.missed > 0
    assert any("between two samples" in marker.text for marker in player.markers.all)


def test_a_switch_from_the_past_goes_to_the_end_first() -> None:
    player = player_of("http.pcap")
    transport = played(player, 30)
    transport.home()
    end_ps = player.tape.end_ps
    player.switch("dpdk")
    assert player.state.now_ps >= end_ps
    assert player.state.datapath == "dpdk"


@pytest.mark.parametrize(
    ("text", "destination"),
    [
        ("12.4ms", Destination(time_ps=12_400_000_000)),
        (" 3 s ", Destination(time_ps=3 * 10**12)),
        ("+3us", Destination(time_ps=3 * US, relative=True)),
        ("-.5µs", Destination(time_ps=-US // 2, relative=True)),
        ("50%", Destination(share=0.5)),
        ("999 %", Destination(share=1.0)),
        ("#8112", Destination(packet=8112)),
        *((text, None) for text in ("", "12", "ms", "#", "#-1", "%", "1e9s", "١ms", "9" * 99 + "s")),
    ],
)
def test_destinations(text: str, destination: Destination | None) -> None:
    assert parse(text) == destination


def test_the_ladder_goes_from_a_picosecond_a_second_to_as_fast_as_possible() -> None:
    assert SPEEDS[0] == 1
    assert SPEEDS[-1] is None
    assert len(SPEEDS) == len(set(SPEEDS))


def test_time_goes_on_in_whole_columns_and_loses_nothing() -> None:
    speed, now_ps = Speed(), 0
    for _ in range(1000):
        now_ps = speed.advance(now_ps, 0.0973)
        assert now_ps % speed.column_ps == 0
    assert abs(now_ps - 97.3 * 200 * US) <= speed.column_ps


def test_markers_are_set_by_rule_and_by_hand_and_found_both_ways() -> None:
    player = player_of("overload-udp")
    transport = played(player, 30)
    player.switch("dpdk")
    played(player, 5)
    hand = transport.mark()
    texts = [marker.text for marker in player.markers.all]
    assert texts[0] == "kernel begins"
    assert any(text.startswith("first drop: socket") for text in texts)
    assert texts.index("dpdk begins") > texts.index("kernel begins")
    assert texts[-1] == hand.text == "marker 1"
    back = transport.to_marker(forward=False)
    assert back is not None
    assert (player.state.now_ps, player.playing) == (back.time_ps, False)
    forward = transport.to_marker(forward=True)
    assert forward is not None
    assert forward.position > back.position
    assert Sample not in {type(player.state.last_event)}


def test_a_pause_of_a_live_source_stops_the_view_and_not_the_tape() -> None:
    source = Scripted(live=True)
    player = Player(source)
    for _ in range(5):
        source.pass_time(100 * US)
        player.tick(0.1)
    assert player.following
    assert player.state.now_ps == 500 * US
    player.stop()
    source.pass_time(300 * US)
    player.tick(0.1)
    assert player.state.now_ps == 500 * US
    assert player.behind_ps == 300 * US
    transport = Transport(player)
    assert transport.step_back()
    transport.end()
    assert (player.behind_ps, player.following) == (0, True)


def test_quiet_live_traffic_goes_on_the_tape_whole_and_busy_traffic_as_the_speed_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = Scripted(live=True)
    player = Player(source)
    asked: list[Detail] = []
    monkeypatch.setattr(source, "set_detail", asked.append)
    player.tick(0.1)
    assert player.speed.detail is Detail.METERS
    assert asked == []  # it was told in steps from the start, and still is
    monkeypatch.setattr(player.state.histories, "rate", lambda *_: 5_000.0)
    player.tick(0.1)
    assert asked == [Detail.METERS]
