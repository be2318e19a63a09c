"""Published effects of the hardware that all paths share."""

import pytest

from kbview.emulator.emulation import Emulation
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape.meter import Meters
from tests.emulator.running import emulation, stretch

US = 1_000_000


def flooded(datapath: str, settings: Settings, traffic: Traffic, us: int = 400) -> tuple[Meters, float]:
    """The meters after `us`, and the millions a second that software took in the second half."""
    made = emulation(datapath, settings, traffic)
    grown = stretch(made, us / 2, us / 2)
    return made.sample().meters, (grown.delivered + grown.dropped) / (us / 2)


def dropping(datapath: str, cores: int, flows: int = 1000, **more: object) -> float:
    """Millions a second of 64-byte frames dropped at the earliest place, of all that 100 Gb/s carry."""
    settings = Settings(cores=cores, queues=cores, app="drop", ring=512, **more)  # type: ignore[arg-type]
    return flooded(datapath, settings, Traffic(rate_pps=1.48e8, flows=flows))[1]


def test_cores_scale_until_the_bus_is_full() -> None:
    """Hoiland-Jorgensen et al. 2018 (XDP), fig. 3: linear, then 87 M/s, or 115 M/s for DPDK."""
    xdp = [dropping("kernel", cores) for cores in (1, 2, 3, 5, 6)]
    assert xdp[1] == pytest.approx(2 * xdp[0], rel=0.05)
    assert xdp[2] == pytest.approx(3 * xdp[0], rel=0.05)
    assert xdp[3] == pytest.approx(xdp[4], rel=0.02)
    assert xdp[4] < 0.7 * 6 * xdp[0]
    assert xdp[4] < dropping("kernel", 6, cqe_compression=True)
    assert dropping("dpdk", 5) == pytest.approx(dropping("dpdk", 6), rel=0.02)


@pytest.mark.parametrize("datapath", ["kernel", "dpdk"])
def test_more_cores_do_not_help_an_elephant(datapath: str) -> None:
    """Linux Documentation/networking/scaling.rst: all packets of a flow come to one queue."""
    assert dropping(datapath, 4, flows=1) == pytest.approx(dropping(datapath, 1), rel=0.05)
    assert dropping(datapath, 3) > 2.5 * dropping(datapath, 3, flows=1)


def one_core(ring: int, **more: object) -> float:
    settings = Settings(cores=1, app="drop", ring=ring, **more)  # type: ignore[arg-type]
    return flooded("dpdk", settings, Traffic(rate_pps=1e8), 200)[1]


def test_hugepages_keep_a_large_ring_within_the_tlb() -> None:
    """DPDK Programmer's Guide: hugepages are for the reach of the TLB; a small ring needs them less."""
    assert one_core(4096, page="4K") < one_core(512, page="4K") < one_core(4096, page="2M")
    assert one_core(4096, page="2M") == pytest.approx(one_core(512, page="2M"), rel=0.01)


def ixy(**more: object) -> float:
    """Millions a second that a driver in user space forwards, two ports of 10 Gb/s on one core."""
    settings = Settings(cores=1, app="forward", ring=512, tx_ring=512, link_gbps=20, **more)  # type: ignore[arg-type]
    traffic = Traffic(rate_pps=29.7e6)
    made = Emulation(profile.load("ixy19"), settings, SYNTHETIC_HOST, traffic.chunks(1), "dpdk")
    made.advance(300 * US)
    before = made.sample().meters.sent
    made.advance(600 * US)
    return (made.sample().meters.sent - before) / 300


def test_an_iommu_wants_hugepages() -> None:
    """Emmerich et al. 2019 (ixy): less than half with 4 KB pages, no loss with 2 MB."""
    bare, small, huge = ixy(), ixy(iommu=True, page="4K"), ixy(iommu=True, page="2M")
    assert small < 0.5 * bare
    assert huge == pytest.approx(bare, rel=0.01)


def test_few_buffers_are_within_an_iommu_s_reach() -> None:
    """Neugebauer et al. 2018: 64 translations, so nothing is lost up to 256 KB in pages of 4 KB."""
    within = one_core(64, page="4K", iommu=True)
    assert within == pytest.approx(one_core(64, page="4K"), rel=0.01)
    assert one_core(2048, page="4K", iommu=True) < 0.6 * within


def test_a_larger_ring_can_be_slower() -> None:
    """Tootoonchian et al. 2018 (ResQ): what waits beyond DDIO's share has left the cache."""
    traffic = Traffic(rate_pps=8e6, size=1500)
    rates = [
        flooded("dpdk", Settings(cores=1, app_cycles=500, ring=ring), traffic, 2000)[1]
        for ring in (256, 512, 1024, 4096)
    ]
    assert rates[0] == pytest.approx(rates[1], rel=0.02)
    assert rates[3] < 0.85 * rates[0]
    light = Traffic(rate_pps=1e6, size=1500)
    small, large = (
        flooded("dpdk", Settings(cores=1, app_cycles=500, ring=ring), light, 2000)[1]
        for ring in (256, 4096)
    )
    assert large == pytest.approx(small, rel=0.01)


def latency_us(datapath: str, rate_pps: float, frames: int) -> float:
    """The median of forwarding, microseconds."""
    traffic = Traffic(rate_pps=rate_pps, frames=frames)
    settings = Settings(cores=1, app="forward")
    made = Emulation(profile.load("xdp18"), settings, SYNTHETIC_HOST, traffic.chunks(1), datapath)
    made.advance(1 << 60)
    return made.sample().meters.latency.percentile(0.5) / US


def test_light_load_is_slow_where_cores_sleep() -> None:
    """Hoiland-Jorgensen et al. 2018 (XDP), table 2: Linux 89 us at 100 frames a second, 20 us at a
    million; DPDK 2 and 3."""
    assert latency_us("kernel", 100, 30) > 4 * latency_us("kernel", 1e6, 5000)
    assert latency_us("dpdk", 100, 30) == pytest.approx(latency_us("dpdk", 1e6, 5000), rel=0.1)
