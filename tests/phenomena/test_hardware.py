"""Published effects of the hardware that all paths share."""

import pytest

from kbview.emulator.emulation import Emulation
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.sources import profile
from kbview.tape.meter import Meters

US = 1_000_000


def steady(datapath: str, settings: Settings, traffic: Traffic, us: int = 400) -> tuple[Meters, float]:
    """The meters after so long, and the millions a second that software took meanwhile."""
    made = Emulation(profile.load("xdp18"), settings, SYNTHETIC_HOST, traffic.chunks(1), datapath)
    made.advance(us * US // 2)
    before = made.sample().meters
    made.advance(us * US)
    after = made.sample().meters
    taken = after.delivered + after.dropped - before.delivered - before.dropped
    return after, taken / (us / 2)


def dropping(datapath: str, cores: int, flows: int = 1000, **more: object) -> float:
    """Millions a second of 64-byte frames dropped at the earliest place, of all that 100 Gb/s carry."""
    settings = Settings(cores=cores, queues=cores, app="drop", ring=512, **more)  # type: ignore[arg-type]
    return steady(datapath, settings, Traffic(rate_pps=1.48e8, flows=flows))[1]


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
