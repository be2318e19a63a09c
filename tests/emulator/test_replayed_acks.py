"""ACKs of a recorded host: the emulated host sends them, behind the text that they acknowledge."""

import pytest

from kbview.emulator.settings import Settings
from kbview.packet.frame import Frame
from kbview.packet.tcp import ACK, SYN
from kbview.tape import events as ev
from tests.emulator.test_captured import BACK, MS_PS, answer, emulated, segment

SENDS = {"kernel": "tcp_transmit_skb", "mtcp": "mtcp_tcp_out"}
SENT = [segment(0, 1, 100), answer(1, 101), segment(2, 101, 100), segment(3, 201, 100), answer(4, 301)]
WITHOUT = Settings(replay_acks=False)


def times(
    events: list[ev.Event], kind: type[ev.FrameSent] | type[ev.PacketDelivered]
) -> dict[int, int]:
    """The time of the event of that kind, by packet."""
    return {event.packet: event.time_ps for event in events if isinstance(event, kind)}


@pytest.mark.parametrize("datapath", SENDS)
def test_an_ack_costs_its_way_down_and_leaves_behind_its_text(datapath: str) -> None:
    """tcp_ack_snd_check() runs behind the segment that was taken in; the NIC fetches by DMA."""
    made, events = emulated(SENT, datapath=datapath)
    meters = made.sample().meters
    assert meters.stages[SENDS[datapath]].count == 2
    assert meters.stages["doorbell"].count == 2
    assert meters.sent == 2
    sent = times(events, ev.FrameSent)
    assert set(sent) == {1, 4}
    taken = {event.packet: event.time_ps for event in events if isinstance(event, ev.SocketQueued)}
    assert sent[1] > taken[0]
    assert sent[4] > taken[3] > 3 * MS_PS


@pytest.mark.parametrize("datapath", SENDS)
def test_without_replay_no_core_pays(datapath: str) -> None:
    made, events = emulated(SENT, WITHOUT, datapath=datapath)
    meters = made.sample().meters
    assert SENDS[datapath] not in meters.stages
    assert meters.sent == 2
    assert times(events, ev.FrameSent) == {1: MS_PS, 4: 4 * MS_PS}  # as recorded


@pytest.mark.parametrize("datapath", SENDS)
def test_the_difference_is_the_price_of_the_way_down(datapath: str) -> None:
    """All steps of the two ACKs, and nothing but them: evenly spaced segments meet an idle host."""
    paid, free = (
        emulated(SENT, settings, datapath=datapath)[0].sample().meters
        for settings in (Settings(tx_moderation_us=1e6), WITHOUT)
    )
    own = {name for name in paid.stages if name not in free.stages}
    way = {"kernel": {"tcp_transmit_skb", "ip_output", "dev_queue_xmit", "ndo_start_xmit", "doorbell"}}
    way["mtcp"] = {"mtcp_tcp_out", "tx_burst", "pmd_tx_descriptor", "doorbell"}
    assert way[datapath] <= own | {"mbuf_alloc"}
    assert all(paid.stages[name].count == 2 for name in way[datapath])


def test_no_ack_leaves_for_text_that_this_host_lacks() -> None:
    """RFC 9293, 3.4: an acknowledgement number says that all bytes before it were received."""
    made, events = emulated([segment(0, 1, 100), answer(1, 101), answer(2, 201)])
    assert set(times(events, ev.FrameSent)) == {1}
    assert made.ended


def test_a_syn_is_answered_and_a_repeated_number_stays_the_capture_s() -> None:
    syn_ack = Frame(MS_PS, 1, 64, BACK, 0, SYN | ACK, "", answer(1, 11).inner)
    again = answer(3, 11)
    made, events = emulated([segment(0, 10, 0, SYN), syn_ack, segment(2, 11, 0, ACK), again])
    assert made.sample().meters.stages["tcp_transmit_skb"].count == 1
    sent = times(events, ev.FrameSent)
    assert sent[1] != MS_PS
    assert sent[3] == 3 * MS_PS


def test_a_datagram_s_capture_has_no_way_down() -> None:
    """Without an ACK in the capture the kernel asks for no price of sending."""
    made, _ = emulated([segment(0, 1, 100), segment(1, 101, 100)])
    assert "tcp_transmit_skb" not in made.steps
    made, _ = emulated(SENT)
    assert "tcp_transmit_skb" in made.steps
