"""A datapath that cannot serve the traffic is refused before and at the switch; the session goes on."""

import re

import pytest

from kbview.state.player import Player
from kbview.ui.chooser import Chooser, Item
from kbview.ui.row import Size, text_of
from kbview.ui.theme import Theme
from tests.ui.screens import source_of


@pytest.mark.parametrize("word", ["paced-udp", "overload-udp"])
def test_mtcp_cannot_serve_datagrams_and_play_goes_on_after_the_refusal(word: str) -> None:
    player = Player(source_of(word, "kernel"))
    player.tick(0.1)
    refused = {one.name for one in player.source.choices() if one.refusal}
    assert refused == {"mtcp"}
    assert "connections only" in player.switch("mtcp")
    assert player.state.datapath == "kernel"
    before_ps = player.state.now_ps
    player.tick(0.1)
    assert player.state.now_ps > before_ps


def test_a_choice_is_refused_before_it_is_made_exactly_if_the_switch_refuses_it() -> None:
    for word in ("short-connections", "bulk-tcp", "request-response", "udp-bursts.pcap"):
        player = Player(source_of(word, "kernel"))
        player.tick(0.1)
        for one in player.source.choices():
            assert bool(player.switch(one.name)) is bool(one.refusal), f"{one.name} on {word}"


@pytest.mark.parametrize("size", [Size(60, 16), Size(80, 24), Size(100, 30)])
def test_the_box_has_every_datapath_and_the_whole_line_of_the_marked_one(size: Size) -> None:
    choices = Player(source_of("paced-udp", "kernel")).source.choices()
    items = [Item(one.name, one.refusal or one.summary, not one.refusal) for one in choices]
    box = Chooser("Send the traffic through", items, "kernel", Theme.DARK, False)
    for box._at, item in enumerate(items):
        rows = box._rows(size.width - 2, size.height)
        assert len(rows) == size.height
        told = " ".join(text_of(row).strip("│ ") for row in rows)
        assert all(re.search(rf"\d {re.escape(one.name)}\b", told) for one in items)
        assert item.note in " ".join(re.sub(r"\d [\w-]+  (now)?", "", told).split())


def test_every_datapath_of_a_scenario_has_its_line() -> None:
    player = Player(source_of("paced-udp", "kernel"))
    assert all(one.summary for one in player.source.choices())
    assert tuple(one.name for one in player.source.choices()) == player.source.datapaths()
