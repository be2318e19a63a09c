"""Published effects of going past the kernel's stack. Nothing in the model is there to produce them."""

import pytest

from kbview.emulator.application import App
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.tape.meter import Meters
from tests.emulator.running import after, emulation, finished


def test_a_system_call_for_a_chunk_of_packets_is_worth_an_order_of_magnitude() -> None:
    """Han et al. 2010 (PacketShader), fig. 5: 13.5 times from 1 to 64, and little beyond."""
    flood = Traffic(rate_pps=28_000_000)
    sent = [
        after(
            1000,
            emulation(
                "psio",
                Settings(cores=1, app="forward", link_gbps=20.0, burst=burst),
                flood,
                calibration="psh10",
            ),
        ).sent
        for burst in (1, 8, 64, 256)
    ]
    assert sent[2] > 10 * sent[0]
    assert sent[1] / sent[0] > sent[2] / sent[1] > sent[3] / sent[2] > 1
    assert sent[3] < 1.25 * sent[2]


def test_nothing_shared_between_cores_is_throughput_that_grows_with_them() -> None:
    """Han et al. 2010, section 4.4: queues, counters and buffers are a core's own, so cores add up."""
    sent = []
    for cores in (1, 2, 4):
        flood = Traffic(rate_pps=27_000_000, flows=64)
        settings = Settings(cores=cores, queues=cores, app="forward", link_gbps=20.0, burst=4)
        sent.append(after(1000, emulation("psio", settings, flood, calibration="psh10")).sent)
    assert sent[1] == pytest.approx(2 * sent[0], rel=0.05)
    assert sent[2] == pytest.approx(4 * sent[0], rel=0.05)


def test_a_copy_is_cheaper_than_an_allocation() -> None:
    """Han et al. 2010, table 3: most of the work is the sk_buff; their engine copies instead."""
    flood = Traffic(rate_pps=14_800_000)
    settings = Settings(cores=1, app="drop", drop_at="driver", link_gbps=10.0, burst=64)
    engine = after(1000, emulation("psio", settings, flood, calibration="psh10"))
    stack = after(
        1000,
        emulation("kernel", Settings(cores=1, app="drop", drop_at="raw"), flood, calibration="psh10"),
    )
    assert engine.copies > engine.allocations == 0
    assert stack.allocations > stack.copies == 0
    assert engine.dropped > 3 * stack.dropped


def l3fwd(rate_pps: float, us: int, *, sleeping: bool) -> Meters:
    settings = Settings(cores=1, app="forward", dpdk_interrupts=sleeping)
    return after(us, emulation("dpdk", settings, Traffic(rate_pps=rate_pps)))


def test_a_sleeping_poll_mode_driver_gives_its_core_back_and_pays_in_latency() -> None:
    """DPDK Sample Applications, "L3 Forwarding with Power Management", and the XDP paper's table 2.

    At 1000 frames a second polling is 100 % for 2 us; sleeping is nearly nothing, for the kernel's 80.
    """
    awake, asleep = (l3fwd(1000, 60_000, sleeping=sleeping) for sleeping in (False, True))
    core, sleeper = awake.cores[0], asleep.cores[0]
    assert core.idle_ps == 0
    assert core.poll_empty_ps > 0.999 * 60e9
    assert sleeper.idle_ps > 0.99 * 60e9
    assert awake.latency.percentile(0.5) < 2_000_000
    assert asleep.latency.percentile(0.5) > 20 * awake.latency.percentile(0.5)


def test_interrupt_mode_costs_nothing_where_there_is_no_time_to_sleep() -> None:
    """The same: it polls as long as it finds frames, so throughput is that of polling."""
    awake, asleep = (l3fwd(40e6, 1000, sleeping=sleeping) for sleeping in (False, True))
    assert asleep.sent == pytest.approx(awake.sent, rel=0.01)
    assert asleep.interrupts <= 1  # it slept before the first frame


def test_a_byte_beyond_a_cache_line_costs_the_bus_more_than_a_whole_line() -> None:
    """L. Rizzo, netmap, USENIX ATC 2012, fig. 6: at the line with 64 bytes, far below with 65."""
    settings = Settings(cores=1, app="drop", link_gbps=10.0, burst=256)
    at_line = ((64, 14_880_000), (65, 14_700_000), (128, 8_445_000))
    got = {}
    for calibration in ("netmap12", "xdp18"):
        for size, rate_pps in at_line:
            meters = after(
                600,
                emulation(
                    "netmap", settings, Traffic(rate_pps=rate_pps, size=size), calibration=calibration
                ),
            )
            got[calibration, size] = meters.dropped / (meters.arrived or 1)
    assert got["netmap12", 65] < 0.85
    assert min(share for key, share in got.items() if key != ("netmap12", 65)) > 0.95


@pytest.mark.parametrize("datapath", ["dpdk", "dpdk-udp", "netmap", "af_xdp"])
@pytest.mark.parametrize("app", ["sink", "echo"])
def test_the_first_reader_of_a_frame_pays_for_the_way_from_a_farther_cache(
    datapath: str, app: App
) -> None:
    """prototype-kernel: 12.0 Mpps with, 19.8 without reading a byte. A bypass has no earlier reader."""
    frames = 200
    meters = finished(datapath, Settings(cores=2, app=app), Traffic(rate_pps=100_000, frames=frames))
    assert meters.stages["frame_touch"].count == frames
    assert meters.stages["frame_touch"].total_ps == frames * 23_600
    dropped = finished("dpdk", Settings(cores=2, app="drop"), Traffic(rate_pps=1e5, frames=frames))
    assert "frame_touch" not in dropped.stages  # the published 22.9 ns are without a read


def test_a_copy_has_read_the_frame_before_the_application() -> None:
    """XDP_COPY, PacketShader's engine and copy_to_user() bring the frame into the reader's cache."""
    traffic = Traffic(rate_pps=100_000, frames=100)
    for datapath in ("kernel", "psio"):
        assert "frame_touch" not in finished(datapath, Settings(cores=2), traffic).stages
    assert "frame_touch" not in finished("af_xdp", Settings(cores=2, xdp_mode="copy"), traffic).stages


def test_most_of_the_kernels_price_is_not_the_protocol() -> None:
    """Zhang et al. 2021 (Demikernel): a UDP stack in a library is of the order of 100 ns a packet.

    The same datagrams, checked, queued, copied and answered on one core: a library's stack adds less to
    raw frames than the kernel adds to the library's stack, by an order of magnitude.
    """
    offered = Traffic(pattern="poisson", rate_pps=200_000, size=128, flows=4)
    settings = Settings(cores=1, app="echo", wait="read")
    spent = {}
    for name in ("kernel", "dpdk-udp", "dpdk"):
        meters = after(20_000, emulation(name, settings, offered))
        core = meters.cores[0]
        idle_ps = core.idle_ps + core.poll_empty_ps
        spent[name] = (20_000 * 10**6 - idle_ps) / meters.delivered / 1000
    assert spent["kernel"] - spent["dpdk-udp"] > 10 * (spent["dpdk-udp"] - spent["dpdk"])
    assert 50 < spent["dpdk-udp"] - spent["dpdk"] < 250
