"""Published effects of many short connections. Nothing in the model is there to produce them."""

from typing import Any

from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.tape.meter import Meters
from kbview.validation.quantity import QUANTITIES
from tests.emulator.running import emulation, stretch


def saturated(datapath: str, cores: int, flows: int, warm_us: int, for_us: int, **more: Any) -> Meters:
    """The growth of the meters under saturated service, one 64-byte message each way a connection."""
    chosen = {"app": "http", "link_gbps": 25.0, **more}
    settings = Settings(cores=cores, queues=cores, readers=cores, **chosen)
    offered = Traffic(pattern="tcp", port=80, flows=flows, rtt_us=20)
    return stretch(emulation(datapath, settings, offered, calibration="mtcp14"), warm_us, for_us)


def rate(meters: Meters, for_us: int) -> float:
    return QUANTITIES["connections_per_s"](meters, for_us * 10**6)


def test_mtcp_serves_short_connections_several_times_as_fast_as_the_kernel() -> None:
    """Jeong et al., NSDI 2014: Linux needs more than four times the cycles for a transaction."""
    kernel = rate(saturated("kernel", 1, 24, 1500, 2000), 2000)
    mtcp = rate(saturated("mtcp", 1, 48, 1500, 2000, mtcp_io="psio"), 2000)
    assert mtcp > 4 * kernel


def test_one_accept_queue_stops_scaling() -> None:
    """The same, figure 7: eight cores do no more than four; a queue for each thread does."""
    shared = [
        rate(saturated("kernel", cores, 20 * cores, 2500, 3000, reuseport=False), 3000)
        for cores in (4, 8)
    ]
    own = rate(saturated("kernel", 8, 160, 1500, 1500), 1500)
    assert shared[1] < 1.1 * shared[0]
    assert own > 2.5 * shared[1]


def test_a_loop_that_polls_beside_a_busy_application_takes_half_the_core() -> None:
    """Awamoto & Honda, USENIX ATC 2025: mTCP's 99th percentile grows under load, and bypass may lose.

    The TCP thread on DPDK never sleeps, so the scheduler gives it as much as the application; on an
    engine that sleeps when there is nothing (psio) the application has what is left.
    """
    busy = {"app_cycles": 30_000.0, "requests": 1000}
    kernel, polling, sleeping = (
        saturated(name, 1, 50, 3000, 5000, **busy, **more)
        for name, more in (("kernel", {}), ("mtcp", {}), ("mtcp", {"mtcp_io": "psio"}))
    )
    served = [meters.stages["app_work"].count for meters in (kernel, polling, sleeping)]
    assert served[1] < served[0] < served[2]
    assert polling.latency.percentile(0.99) > kernel.latency.percentile(0.99)
    core = polling.cores[0]
    assert 0.3 < core.poll_empty_ps / (core.poll_empty_ps + core.user_ps) < 0.7


def test_a_bulk_flow_is_not_where_bypass_wins() -> None:
    """The same: one TCP flow at 25 Gb/s. GRO spares the kernel a TCP for each frame, mTCP has none."""
    bulk = {"request": 10**12, "tcp_rcvbuf": 6_291_456, "read_size": 131_072, "app": "sink"}
    kernel, mtcp = (saturated(name, 1, 1, 2500, 1500, **bulk) for name in ("kernel", "mtcp"))
    assert mtcp.delivered_bytes < 0.8 * kernel.delivered_bytes
