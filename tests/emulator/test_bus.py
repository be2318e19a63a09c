"""The bus that all queues share."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbview.emulator.cost import Prices
from kbview.emulator.emulation import Emulation
from kbview.emulator.hardware.bus import Bus, BusTiming, timing
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.emulator.traffic.flows import udp_flows
from kbview.packet.frame import Frame
from kbview.sources.emulated import profile
from kbview.tape.detail import Detail

TIMING = BusTiming(frame_ps=5000, byte_ps=100.0, send_ps=3000, least_ps=0)
LENGTH = 64
SERVICE_PS = 11_400


def carried(bus: Bus, times: list[int]) -> list[int]:
    """When each begins, of those that do."""
    return [at for time in times if (at := bus.receive(time, LENGTH)) is not None]


def test_it_carries_so_much_and_no_more() -> None:
    bus = Bus(1 << 30, TIMING)
    starts = carried(bus, [0] * 10_000)
    assert len(starts) == 10_000
    assert max(starts) + SERVICE_PS == pytest.approx(10_000 * SERVICE_PS, abs=SERVICE_PS)
    apart = sorted(starts)
    # a frame that lies across two slots is the only one that may share a slot's beginning
    assert sum(after - before < SERVICE_PS for before, after in pairwise(apart)) < 250


def test_what_does_not_fit_the_fifo_is_not_carried() -> None:
    bus = Bus(100 * LENGTH, TIMING)
    assert 100 <= len(carried(bus, [0] * 1000)) <= 101
    assert len(carried(bus, [50 * SERVICE_PS] * 1000)) == pytest.approx(50, abs=2)


@given(st.lists(st.integers(0, 20_000_000), max_size=300))
def test_nobody_begins_before_it_came_whoever_looks_first(times: list[int]) -> None:
    bus = Bus(1 << 30, TIMING)
    starts = [(time, bus.receive(time, LENGTH)) for time in times]
    assert all(at is not None and at >= time for time, at in starts)


@pytest.mark.parametrize(("apart_ps", "contended"), [(3 * SERVICE_PS, False), (SERVICE_PS, True)])
def test_only_close_frames_are_reckoned_with(apart_ps: int, contended: bool) -> None:
    bus = Bus(1 << 30, TIMING)
    bus.expect([Frame(at * apart_ps, at, LENGTH, udp_flows(1, 9)[0]) for at in range(1000)])
    assert bus.contended is contended
    assert (bus.send(5) == 5) is True


def delivered(datapath: str, settings: Settings, flows: int) -> Emulation:
    offered = Traffic(rate_pps=1.4e8, flows=flows, frames=40_000)
    made = Emulation(profile.load("xdp18"), settings, SYNTHETIC_HOST, offered.chunks(1), datapath)
    while not made.ended:
        made.advance(made.now_ps + 33_333_333)
        assert made.sample().meters.conserved()
    return made


@pytest.mark.parametrize("datapath", ["kernel", "dpdk"])
def test_frames_are_conserved_when_it_is_full(datapath: str) -> None:
    settings = Settings(cores=6, queues=6, app="drop", nic_fifo_bytes=16_384)
    meters = delivered(datapath, settings, 500).sample().meters
    assert meters.missed > 0
    assert meters.arrived == 40_000


def test_events_say_the_same_as_the_meters_when_it_is_full() -> None:
    counts = []
    for detail in (Detail.METERS, Detail.STEPS):
        offered = Traffic(rate_pps=1.4e8, flows=200, frames=5000)
        settings = Settings(cores=4, queues=4, app="drop", nic_fifo_bytes=16_384)
        made = Emulation(profile.load("xdp18"), settings, SYNTHETIC_HOST, offered.chunks(1), "dpdk")
        made.recorder.detail = detail
        made.advance(10**12)
        meters = made.sample().meters
        counts.append(
            (meters.arrived, meters.missed, meters.dropped, meters.polls - meters.empty_polls)
        )
    assert counts[0] == counts[1]


def test_compressed_completions_take_less() -> None:
    prices = Prices(profile.load("xdp18"))
    plain, compressed = (timing(prices, compressed=each) for each in (False, True))
    assert compressed.frame_ps < plain.frame_ps


def test_a_write_that_leaves_a_line_incomplete_costs_more_where_memory_is_read_for_it() -> None:
    plain, merged = Bus(1 << 19, TIMING), Bus(1 << 19, TIMING._replace(partial_ps=80_000))
    for length in (64, 128, 1536):
        assert merged.service_ps(length) == plain.service_ps(length)
    for length in (65, 127, 1518):
        assert merged.service_ps(length) == plain.service_ps(length) + 80_000
