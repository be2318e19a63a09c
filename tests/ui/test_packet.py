"""The Packet shows which packets there are and all of one of them, and lets nothing hostile through."""

import re

import pytest
from textual.pilot import Pilot

from kbview.emulator.datapaths import DATAPATHS
from kbview.packet.layout import LayoutPart
from kbview.state.buffer import Buffer, buffer_of
from kbview.state.player import Player
from kbview.state.summary import parse, summary
from kbview.tape.detail import Detail
from kbview.tape.event import HOST_PACKETS, NO_PACKET
from kbview.tape.source import Capabilities
from kbview.ui import buffer_rows, layer_rows
from kbview.ui.row import Size, text_of
from kbview.ui.screens.journey_view import JourneyView
from kbview.ui.screens.packet_view import PacketView
from kbview.ui.session import Session
from kbview.ui.shell import Shell
from kbview.ui.theme import Theme
from tests.packet.frames import FRAMES, UDP
from tests.ui.screens import SIZES, session_of, text
from tests.ui.scripted import Scripted
from tests.ui.test_shell import drive, shown
from tests.ui.waiting import until


def view_of(frame: bytes = UDP, frames: int = 20) -> PacketView:
    player = Player(Scripted(frame=frame))
    for _ in range(frames):
        player.tick(0.1)
    view = PacketView(Session(player, Theme.DARK))
    view.ready = True
    return view


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_it_shows_list_layers_bytes_and_buffer(frame: bytes, size: Size) -> None:
    seen = text(view_of(frame), size)
    for title in ("─ packets ", "─ layers ", "─ bytes "):
        assert title in seen
    assert "Ethernet" in seen
    assert f"{len(frame)} of 96 kept" in seen
    if size.width >= 80:
        assert "10.0.0.1" in seen


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("datapath", DATAPATHS)
def test_without_bytes_it_says_what_is_missing(datapath: str, size: Size) -> None:
    seen = text(PacketView(session_of(datapath)), size)
    assert "not recorded" in seen
    assert "─ packets " in seen


def test_fields_are_those_that_scapy_reads_and_hostile_bytes_are_shown() -> None:
    seen = text(view_of(), Size(200, 47))
    for word in ("UDP", "dport", "ttl", "64", "dst"):
        assert word in seen
    assert "\x1b" not in seen
    assert "1b 5b 33 31" in seen


def test_the_buffer_moves_with_the_view() -> None:
    view = view_of()
    transport = view.session.transport
    transport.step("packet")
    transport.followed = view.session.chosen = view.session.player.state.packet
    pictures: list[str] = []
    while view.session.player.state.position < view.session.player.tape.length and len(pictures) < 40:
        if not transport.step("event"):
            break
        pictures.append(text(view, Size(120, 40)))
        if "delivered ─" in pictures[-1] or "dropped ─" in pictures[-1]:
            break
    assert any("─ sk_buff " in one and "█ Ethernet" in one for one in pictures)
    assert any("░ Ethernet, off" in one for one in pictures)
    assert "no buffer of its own" in pictures[-1]


def test_a_length_that_no_event_tells_is_unknown_and_not_zero() -> None:
    """Frames that the host makes have no bytes on a tape of a scenario."""
    parts = [LayoutPart("Ethernet", 2, 0), LayoutPart("not recorded", 3, 0)]
    buffer = Buffer("sk_buff", "", parts, 64, 64, 64, 1728)
    rows = [*layer_rows.outline(parts, 39), *buffer_rows.draw(buffer, Size(39, 9))]
    told = "\n".join(map(text_of, rows))
    assert "Ethernet  length unknown" in told
    assert re.search(r"data +64 █ a frame, length unknown", told)
    assert not re.search(r"\b0 bytes|Ethernet 0|tail", told)


def test_a_filter_leaves_what_is_wanted() -> None:
    view = view_of()
    wanted = parse("dropped")
    assert not isinstance(wanted, str)
    view._list.text, view._list.wanted = "dropped", wanted
    seen = text(view, Size(80, 21))
    assert "packets: dropped" in seen
    assert "× dropped" in seen
    assert "× SOCKET_RCVBUFF" in text(view, Size(120, 21))
    view._list.wanted = lambda one: False
    none = text(view, Size(80, 21))
    assert "no packet is like this" in none
    assert "no packet is chosen" in none
    assert "the source keeps none" not in none


def test_a_source_of_meters_alone_is_told() -> None:
    view = PacketView(Session(Player(Scripted()), Theme.DARK))
    assert view.lacks(Capabilities(detail=Detail.METERS)) is not None
    assert view.lacks(Capabilities(detail=Detail.MILESTONES)) is None


def test_slash_asks_for_a_filter_and_a_wrong_one_is_answered() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "4")
        await pilot.pause()
        await pilot.press("slash", *"arp", "enter")
        await pilot.pause()
        assert "packets: arp" in shown(shell)
        await pilot.press("slash", "ctrl+u", *"qux", "enter")
        await pilot.pause()
        assert "'qux' is no word" in shown(shell)
        await pilot.press("slash", "ctrl+u", "enter")
        await pilot.pause()
        assert "known here" in shown(shell)

    drive(act, Scripted(frame=UDP))


@pytest.mark.parametrize("keys", [("up", "down"), ("k", "j")])
def test_the_cursor_goes_over_packets(keys: tuple[str, str]) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "4")
        await pilot.pause()
        view = shell.screen
        assert isinstance(view, PacketView)
        first = view._chosen()
        await pilot.press(keys[0])
        above = view._chosen()
        assert first is not None
        assert above is not None
        assert above.packet < first.packet
        assert f"▸#{above.packet}" in shown(shell)
        await pilot.press(keys[1])
        assert shell._session.packet == first.packet

    drive(act, Scripted(frame=UDP))


def test_tab_lets_the_arrows_scroll_the_fields_and_the_bytes() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "4")
        await until(pilot, lambda: bool(shell.screen.ready))  # type: ignore[attr-defined]
        before = shown(shell)
        await pilot.press("tab", "down", "down")
        assert shell.screen._scrolled["layers"] == 2  # type: ignore[attr-defined]
        assert shown(shell) != before
        await pilot.press("tab", "down")
        assert shell.screen._scrolled["bytes"] == 1  # type: ignore[attr-defined]
        await pilot.press("tab")
        assert shell.screen._pane == "list"  # type: ignore[attr-defined]

    drive(act, Scripted(frame=UDP))


def test_enter_shows_the_journey_of_the_packet() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "4", "up", "enter")
        await pilot.pause()
        assert isinstance(shell.screen, JourneyView)
        assert f"▸#{shell._session.chosen}" in shown(shell)

    drive(act, Scripted(frame=UDP))


def test_at_sixty_columns_receivers_and_addresses_are_whole() -> None:
    """A line with half of the sender's address says nothing of the receiver."""
    told = text(view_of(), Size(60, 11))
    assert re.search(r"^▸#\d+ .* udp  (:\d+ )?> \S*:\d+ ", told, re.MULTILINE)
    assert "…" not in "".join(told.splitlines()[1:5])
    view = view_of()
    chosen = view._chosen()
    assert chosen is not None
    fields = [text_of(row).strip() for row in view._fields(chosen, 20)]
    assert fields[fields.index("dst") + 1].count(":") == 5


def test_an_sk_buff_made_for_sending_is_not_drawn_as_one_that_came() -> None:
    """skb_push() puts each header before the text: include/linux/skbuff.h. The NIC wrote none of it."""
    session = session_of("kernel", 12, "short-connections")
    player, journeys = session.player, session.journeys
    journeys.follow(player.tape, player.state)
    sent = [packet for packet in journeys.packets() if packet >= HOST_PACKETS]
    told = {buffer_of(journeys.own(one), player.state.stations).said for one in sent}
    assert any("data moves to the left" in said for said in told)
    assert not any("where the NIC wrote them" in said for said in told)


def test_a_frame_that_waits_to_be_sent_is_said_to_have_its_bytes_later() -> None:
    session = session_of("kernel", 12, "short-connections")
    session.journeys.follow(session.player.tape, session.player.state)
    journeys, waits = session.journeys, NO_PACKET
    while waits < HOST_PACKETS:
        session.transport.step()
        moved = getattr(session.player.state.last_event, "packet", NO_PACKET)
        journeys.follow(session.player.tape, session.player.state)
        if journeys.own(moved) and summary(moved, journeys.own(moved)).state == "waiting":
            waits = moved
    session.chosen = waits
    seen = " ".join(text(PacketView(session), Size(160, 40)).split())
    assert "a frame of this host has its bytes when it leaves" in seen
    session.chosen = min(journeys.packets())
    assert "the source keeps none" in text(PacketView(session), Size(160, 40))
