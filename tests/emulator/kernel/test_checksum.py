"""Where a core sums packets whose checksums the NIC does not verify, and how many bytes."""

from dataclasses import replace
from typing import Literal

import pytest

from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.sources.emulated.scenario import scenarios
from kbview.tape.events import Account, StepTaken
from tests.emulator.running import CALIBRATION, at_both_details, ended, finished, told

FRAMES = 40
HEADERS = 42  # bytes: Ethernet, IP, UDP
FCS = 4


def _datagrams(payload: int) -> Traffic:
    return Traffic(rate_pps=1e5, frames=FRAMES, size=HEADERS + FCS + payload)


def _sums(settings: Settings, offered: Traffic) -> dict[str, int]:
    stages = finished("kernel", settings, offered).stages
    names = ("gro_checksum", "skb_checksum", "copy_and_csum_to_user", "copy_to_user")
    return {name: stages[name].count for name in names if name in stages}


def test_the_nic_sums_by_default() -> None:
    """Documentation/networking/checksum-offloads.rst: RX checksum offload."""
    assert _sums(Settings(), _datagrams(1000)) == {"copy_to_user": FRAMES}


@pytest.mark.parametrize("payload", [18, 1000])
def test_gro_sums_every_datagram_in_the_softirq(payload: int) -> None:
    """udp4_gro_receive(): skb_gro_checksum_validate_zero_check(); then CHECKSUM_UNNECESSARY."""
    got = _sums(Settings(rx_checksum="cpu"), _datagrams(payload))
    assert got == {"gro_checksum": FRAMES, "copy_to_user": FRAMES}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (68, {"skb_checksum": FRAMES, "copy_to_user": FRAMES}),
        (69, {"copy_and_csum_to_user": FRAMES}),
    ],
)
def test_without_gro_the_read_sums_what_is_longer_than_checksum_break(
    payload: int, expected: dict[str, int]
) -> None:
    """CHECKSUM_BREAK is 76 bytes with UDP's header (include/linux/skbuff.h)."""
    assert _sums(Settings(rx_checksum="cpu", gro=False), _datagrams(payload)) == expected


def test_a_sum_costs_by_its_bytes() -> None:
    """The row's share of each byte, for the payload of each datagram."""
    row = profile.load(CALIBRATION).steps["gro_checksum"]
    by_payload = {
        payload: finished("kernel", Settings(rx_checksum="cpu"), _datagrams(payload)).stages[
            "gro_checksum"
        ]
        for payload in (100, 1400)
    }
    more_ps = by_payload[1400].total_ps - by_payload[100].total_ps
    assert more_ps == pytest.approx(FRAMES * 1300 * row.ns_per_byte * 1000, abs=2 * FRAMES)


@pytest.mark.parametrize("gro", [True, False])
def test_tcp_is_summed_once_a_segment_in_the_softirq(gro: bool) -> None:
    """tcp4_gro_receive() validates each segment; without GRO tcp_checksum_complete() does."""
    calls = Traffic(pattern="tcp", port=80, flows=4, connections=30)
    made = ended("kernel", Settings(app="http", rx_checksum="cpu", gro=gro), calls)
    meters = made.sample().meters
    name = "gro_checksum" if gro else "skb_checksum"
    assert meters.stages[name].count == meters.arrived
    assert "copy_and_csum_to_user" not in meters.stages


def test_datagrams_that_gro_merges_are_summed_before_they_are_merged() -> None:
    """The checksum of each part is verified; udp_gro_complete() makes the whole's."""
    train = Traffic(pattern="train", burst_frames=10, rate_pps=1e6, size=1000, flows=1, frames=FRAMES)
    got = _sums(Settings(rx_checksum="cpu", udp_gro=True, moderation_us=50), train)
    assert got["gro_checksum"] == FRAMES
    assert got["copy_to_user"] < FRAMES
    assert "copy_and_csum_to_user" not in got


@pytest.mark.parametrize("app", ["forward", "drop"])
def test_nobody_sums_a_packet_that_is_forwarded_or_dropped_below_its_transport(
    app: Literal["forward", "drop"],
) -> None:
    """Without GRO, only udp_rcv() and tcp_v4_rcv() look at these checksums."""
    settings = Settings(app=app, rx_checksum="cpu", gro=False)
    stages = finished("kernel", settings, _datagrams(18)).stages
    assert "skb_checksum" not in stages
    assert "gro_checksum" not in stages


def test_the_sum_stands_between_descriptor_and_layers_on_a_packets_way() -> None:
    """napi_gro_receive() is called with the sk_buff, and netif_receive_skb() by it."""
    settings = Settings(rx_checksum="cpu")
    steps = [
        event.step
        for event in told("kernel", settings, Traffic(rate_pps=1e5, frames=1))
        if isinstance(event, StepTaken) and event.packet >= 0
    ]
    order = ("descriptor_read", "skb_alloc", "gro_checksum", "netif_receive_skb", "copy_to_user")
    places = [steps.index(name) for name in order]
    assert places == sorted(places)


@pytest.mark.parametrize("gro", [True, False])
@pytest.mark.parametrize("rate_pps", [2e5, 3e6])
def test_a_run_is_the_same_at_every_detail(gro: bool, rate_pps: float) -> None:
    """Runs of the reader stop where its prices differ."""
    offered = Traffic(rate_pps=rate_pps, frames=3000, size=200)
    coarse, fine = at_both_details("kernel", Settings(rx_checksum="cpu", gro=gro), offered)
    assert coarse == fine


def test_the_scenario_moves_the_sum_from_the_softirq_to_the_read() -> None:
    """The reader of long datagrams is near its limit: what it has to sum as well, it drops."""
    scenario = scenarios()["summed-by-cpu"]
    own = scenario.settings
    by_gro, by_read, by_nic = (
        finished("kernel", settings, scenario.traffic)
        for settings in (own, replace(own, gro=False), replace(own, rx_checksum="nic"))
    )
    assert by_gro.dropped < 50
    assert by_nic.dropped < 50
    assert 1500 < by_read.dropped < 2500
    more_ps = sum(core.softirq_ps for core in by_gro.cores) - sum(
        core.softirq_ps for core in by_nic.cores
    )
    assert more_ps == pytest.approx(by_gro.stages["gro_checksum"].total_ps, rel=0.25)


@pytest.mark.parametrize(
    ("datapath", "summing"), [("kernel", "gro_checksum"), ("dpdk-udp", "user_udp_checksum")]
)
def test_the_steps_that_are_told_take_the_time_that_the_meters_book(
    datapath: str, summing: str
) -> None:
    """A sum costs time for each byte and is no copy; no time of it is a copy's."""
    settings, frames = Settings(rx_checksum="cpu", udp_checksum="cpu"), _datagrams(1000)
    spent: dict[str, int] = {}
    for event in told(datapath, settings, frames):
        if isinstance(event, StepTaken):
            spent[event.step] = spent.get(event.step, 0) + event.duration_ps
            assert event.account is not Account.COPY or "copy" in event.step, event.step
    booked = finished(datapath, settings, frames).stages
    assert spent[summing] == booked[summing].total_ps > 0
