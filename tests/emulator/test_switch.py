"""Another datapath on the running traffic, at the worst moments, as a viewer does it."""

from contextlib import closing

import pytest

from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.player import Player


@pytest.mark.parametrize("capture", ["http.pcap", "bulk.pcap", "udp-bursts.pcap", "mixed.pcap"])
@pytest.mark.parametrize("elapsed_s", [0.013, 0.1])
def test_the_viewer_may_switch_at_any_moment(capture: str, elapsed_s: float) -> None:
    """What is in flight finishes first, which may take it past the moment on the screen."""
    path = recording(capture)
    assert path is not None
    player = Player(resolve(path, Choice(longest_gap_ps=30_000_000)))
    before_ps = 0
    with closing(player.source):
        for number in range(120):
            player.tick(elapsed_s)
            if number % 3 == 0:
                player.switch(("dpdk", "kernel")[number // 3 % 2])
            assert player.state.now_ps >= before_ps
            before_ps = player.state.now_ps
            meters = player.state.meters
            assert meters.arrived == (
                meters.delivered + meters.dropped + meters.missed + meters.in_flight
            )
