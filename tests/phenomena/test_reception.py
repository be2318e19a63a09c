"""Published effects of packet reception. Nothing in the model is there to produce them."""

import pytest

from kbview.emulator.emulation import Emulation
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape.meter import Meters
from tests.emulator.running import after, emulation

ONE_CORE = Settings(cores=1, wait="read")
TWO_CORES = Settings(cores=2, wait="read")


def loaded(datapath: str, settings: Settings, rate_pps: float, milliseconds: int = 20) -> Meters:
    """The meters after so many milliseconds of Poisson traffic."""
    offered = Traffic(pattern="poisson", rate_pps=rate_pps)
    return after(milliseconds * 1000, emulation(datapath, settings, offered))


def test_a_poll_mode_driver_has_no_livelock() -> None:
    """Run to completion takes no more than it can finish; the rest is missed at the NIC."""
    curve = [loaded("dpdk", ONE_CORE, rate, 5).delivered for rate in (1e6, 2e7, 4e7, 8e7)]
    assert curve[-1] > 0.95 * max(curve), curve
    overloaded = loaded("dpdk", ONE_CORE, 8e7, 5)
    assert overloaded.missed > 0
    assert overloaded.dropped == 0


def test_napi_moderates_itself() -> None:
    """Linux Documentation/networking/napi.rst: under load it polls, and interrupts stay masked."""
    each = []
    for rate in (2e4, 2e5, 1e6, 4e6):
        meters = loaded("kernel", TWO_CORES, rate)
        each.append(meters.interrupts / meters.arrived)
    assert each == sorted(each, reverse=True)
    assert each[0] > 0.8
    assert each[-1] < 0.01


def test_squeezed_is_not_dropped() -> None:
    """net/core/dev.c: a run ends with work left when netdev_budget is used up (softnet_stat, column 3).

    With one device a run is one poll of 64, so the default of 300 never squeezes.
    """
    tight = Settings(wait="read", netdev_budget=64)
    assert loaded("kernel", TWO_CORES, 1e6).squeezes == 0
    busy = loaded("kernel", tight, 1.7e6)
    assert busy.squeezes > 0
    assert busy.missed == 0


def test_the_slower_side_decides_where_frames_are_lost() -> None:
    """Reader slower than softirq: the socket's buffer. Softirq slower than the wire: the ring."""
    moderate = loaded("kernel", TWO_CORES, 2e6)
    assert moderate.dropped > 0
    assert moderate.missed == 0
    assert loaded("kernel", TWO_CORES, 8e6).missed > 0
    calm = loaded("kernel", TWO_CORES, 1e5)
    assert calm.dropped == calm.missed == 0


@pytest.mark.parametrize(("size", "fit"), [(64, 92), (1518, 92), (9018, 20)])
def test_a_socket_is_full_by_truesize_and_not_by_payload(size: int, fit: int) -> None:
    """SKB_TRUESIZE: 212992 bytes hold 92 datagrams in buffers of 2 KB, were they 18 bytes or 1472.

    The ring is emptied all the while, so nothing is missed: include/net/sock.h sk_rmem_alloc.
    """
    asleep = Settings(cores=2, app="sink", app_cycles=2e9)  # it takes one, and is never heard of again
    traffic = Traffic(size=size, rate_pps=100_000, frames=300)
    made = Emulation(profile.load("xdp18"), asleep, SYNTHETIC_HOST, traffic.chunks(1), "kernel")
    made.advance(10 * 10**9)
    meters = made.sample().meters
    assert meters.missed == 0
    assert meters.drops == {"socket/SOCKET_RCVBUFF": 300 - 1 - fit}
    (queued,) = {meter.queued for meter in meters.sockets.values()}
    assert queued == fit * (212_992 // fit // 256 * 256)


def test_coalescing_costs_latency_at_light_load() -> None:
    """ethtool's rx-usecs: fewer interrupts, later packets."""
    quick, slow = (
        loaded("kernel", Settings(wait="read", moderation_us=us), 1e5) for us in (0.0, 100.0)
    )
    assert slow.interrupts < quick.interrupts
    assert slow.latency.percentile(0.5) > 2 * quick.latency.percentile(0.5)


def test_completed_transmissions_wait_for_company() -> None:
    """ethtool's tx-usecs, the e1000's TIDV: else what was sent interrupts as what came does."""
    each = []
    for us in (0.0, 65.0):
        settings = Settings(cores=1, app="forward", moderation_us=0, tx_moderation_us=us)
        meters = loaded("kernel", settings, 2e4)
        each.append(meters.interrupts / meters.arrived)
    assert each[0] > 1.7, each
    assert each[1] < 1.2, each


@pytest.mark.parametrize("rate_pps", [2e4, 2e5])
def test_polling_buys_latency_with_a_core(rate_pps: float) -> None:
    """A poll-mode driver answers in under a microsecond and is busy whatever there is to do."""
    kernel, dpdk = (loaded(name, TWO_CORES, rate_pps) for name in ("kernel", "dpdk"))
    assert dpdk.latency.percentile(0.5) * 5 < kernel.latency.percentile(0.5)
    core = dpdk.cores[0]
    assert core.idle_ps == 0
    assert core.poll_empty_ps > 0.9 * (core.poll_empty_ps + core.poll_useful_ps)
    assert kernel.cores[0].idle_ps > 10 * 10**9


def _read_on(cpu: int, rate_pps: float) -> tuple[float, float]:
    """CPU time of a delivered datagram, ns, and the share that is delivered, with the reader there."""
    offered = Traffic(pattern="poisson", rate_pps=rate_pps, flows=4)
    settings = Settings(cores=2, app_cpu=cpu, wait="read")
    meters = after(20_000, emulation("kernel", settings, offered))
    busy_ps = sum(20_000 * 10**6 - core.idle_ps for core in meters.cores)
    return busy_ps / meters.delivered / 1000, meters.delivered / meters.arrived


def test_a_reader_beside_the_softirq_reads_for_less_and_two_cores_read_more() -> None:
    """Red Hat Enterprise Linux 6, Performance Tuning Guide, 8.3, and the notes of netconf 2023.

    The guide puts a reader where it shares the cache with the interrupt's core: buffers are warm there.
    The notes: split over two cores a server answers 364 thousand a second, on the core of its softirq
    755. Below saturation two cache lines stay where they are; past it softirq starves the reader.
    """
    (near_ns, near), (far_ns, far) = (_read_on(cpu, 600_000) for cpu in (0, 1))
    assert near > 0.99
    assert far > 0.99
    assert far_ns - near_ns > 80
    (_, near), (_, far) = (_read_on(cpu, 1_600_000) for cpu in (0, 1))
    assert far > 0.98
    assert near < 0.7 * far
