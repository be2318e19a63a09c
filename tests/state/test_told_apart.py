"""Unlike work and unlike traffic are told apart: closed loops, taps, kernel and stack, packets sent."""

import pytest

from kbview.state.compare_words import contrast
from kbview.tape.event import HOST_PACKETS
from kbview.ui import format as fmt
from kbview.ui.panels.path import PathPanel
from kbview.ui.row import Size, text_of
from tests.state.test_report import report
from tests.ui.screens import session_of


def path(datapath: str) -> str:
    state = session_of(datapath, 12, "steady-udp").player.state
    return "\n".join(map(text_of, PathPanel().draw(state, Size(120, 7))))


def test_clients_that_wait_are_the_same_and_send_a_slower_host_other_counts() -> None:
    """A closed loop: at equal times the datapaths have seen different frames, so both counts stand."""
    base, other = report("short-connections", "kernel"), report("short-connections", "mtcp")
    first, *rest = contrast(base, other)
    delivered = [one.frames["delivered"] or 0 for one in (base, other)]
    assert delivered[0] != delivered[1]
    assert "same clients" in first
    assert all(f"{count:,}" in first for count in delivered)
    assert all("each delivered packet" not in sentence for sentence in rest)


def test_a_tap_is_drawn_beside_the_stack_that_goes_on() -> None:
    """net/core/dev.c __netif_receive_skb_core(): the tap gets a reference, and ip_rcv() follows."""
    drawn = path("af_packet")
    assert "bypassed" not in drawn
    assert "beside: the stack" in drawn
    assert "no socket" in drawn
    beside = [one.name for one in session_of("af_packet").player.state.stations if one.beside]
    assert beside == ["IP", "TCP/UDP", "no socket"]


@pytest.mark.parametrize(
    ("datapath", "past"),
    [("dpdk", "kernel"), ("af_xdp", "stack"), ("netmap", "stack"), ("psio", "stack")],
)
def test_the_kernel_is_bypassed_only_where_none_of_it_runs(datapath: str, past: str) -> None:
    """XDP, netmap and PacketShader's engine keep interrupt, driver and system calls."""
    assert f"{past} bypassed" in path(datapath)


def test_a_frame_of_this_host_has_a_short_name_that_is_no_received_packet_s() -> None:
    assert fmt.packet(HOST_PACKETS + 196) == "tx #196"
    assert fmt.packet(196) == "#196"
