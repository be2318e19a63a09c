"""Two ports on one core: polling in turn is max-min fair, so the lighter port loses nothing.

Each turn takes at most 64 frames of a port (NAPI's weight) or 32 (a PMD's burst). A port with fewer
frames in its ring gives the rest of its turn away. Linux: net/core/dev.c net_rx_action().
"""

from typing import Any

import pytest

from kbview.emulator.emulation import Emulation
from kbview.emulator.keys import ScenarioError
from kbview.emulator.scenario import SYNTHETIC_HOST, Scenario, Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape.detail import Detail
from kbview.tape.events import SoftirqExited
from kbview.tape.meter import Meters
from tests.emulator.running import stretch

CLOSED = 7
SHARED: dict[str, Any] = {"cores": 2, "irq_cores": 1, "queues": 2, "closed_ports": (CLOSED,)}
US = 4000


def offered(datapath: str, rates: tuple[float, float], size: int = 64, **keys: Any) -> Emulation:
    """A stream to the open port by the first port of the NIC, and a flood to a closed one."""
    made = Scenario(
        name="ports",
        summary="a stream and a flood",
        datapath=datapath,
        settings=Settings(**SHARED | keys),
        traffic=Traffic(pattern="poisson", rate_pps=rates[0], flows=8, size=size),
        flood=Traffic(pattern="poisson", rate_pps=rates[1], flows=64, port=CLOSED),
    )
    return Emulation(
        profile.load("xdp18"), made.settings, SYNTHETIC_HOST, made.chunks(), datapath, None
    )


def measured(datapath: str, rates: tuple[float, float], size: int = 64, **keys: Any) -> Meters:
    return stretch(offered(datapath, rates, size, **keys), 1000, US)


def taken(meters: Meters) -> tuple[int, int]:
    """Frames of the stream and of the flood that the softirq took out of their rings."""
    stream = meters.delivered + meters.drops.get("socket/SOCKET_RCVBUFF", 0)
    return stream, meters.drops["udp/NO_SOCKET"]


def test_the_lighter_port_loses_nothing_and_the_other_gets_the_rest() -> None:
    """Max-min: the stream gets its 400,000; the flood the rest of the core, (1 - l1 c1) / c2.

    c1 and c2 are the core's times a frame where each is alone. A turn of the stream's few frames costs
    up to 0.55 us of its own (poll, completion, interrupt), once in the 24 us of a flood's 64: 2.3 %.
    """
    stream, flood = taken(measured("kernel", (4e5, 8e6), ports=2))
    assert stream == pytest.approx(4e5 * US / 1e6, rel=0.05)  # 1,600 of Poisson: 2.5 % a deviation
    alone = taken(measured("kernel", (1e3, 8e6), ports=2))[1]
    most = taken(measured("kernel", (8e6, 1e3), ports=2))[0]
    rest = (1 - stream / most) * alone
    assert 0.977 * rest - 150 < flood < rest + 150  # 150 of 9,400 is 1.5 deviations of Poisson


def test_on_one_port_both_lose_the_same_share() -> None:
    """First come, first served: a ring does not know whose frame it misses."""
    stream, flood = taken(measured("kernel", (4e5, 8e6), ports=1))
    assert stream / 4e5 == pytest.approx(flood / 8e6, rel=0.15)
    assert stream < 0.5 * 4e5 * US / 1e6


@pytest.mark.parametrize("budget", [300, 64])
def test_two_flooded_ports_get_turns_alike(budget: int) -> None:
    """64 frames each a round; with a budget of 64 each run of net_rx_action serves one port."""
    meters = measured("kernel", (8e6, 8e6), ports=2, netdev_budget=budget)
    stream, flood = taken(meters)
    assert stream / flood == pytest.approx(1, abs=0.02)
    assert meters.softirqs == pytest.approx((stream + flood) / min(budget, 128), rel=0.02)


def test_a_budget_that_ends_a_run_is_told() -> None:
    """time_squeeze: the run ended with the other port's ring full."""
    made = offered("kernel", (8e6, 8e6), ports=2, netdev_budget=64)
    made.recorder.detail = Detail.STEPS
    made.advance(10**9)
    runs = [event for event in made.release() if isinstance(event, SoftirqExited)]
    assert sum(event.squeezed for event in runs) > 0.9 * len(runs)


def test_an_lcore_polls_two_ports_in_turn() -> None:
    """A burst of 32 each: two flooded ports get half of the core each, told apart by their lengths."""
    meters = measured("dpdk", (30e6, 30e6), size=128, ports=2)
    long = (meters.delivered_bytes - 64 * meters.delivered) / 64  # frames of 128 bytes
    assert long / meters.delivered == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"ports": 2, "queues": 3}, "even number"),
        ({"ports": 2, "queues": 2, "rss_queues": 1}, "by the hash alone"),
        ({"irq_cores": 3}, "use 1 to 2"),
    ],
    ids=str,
)
def test_keys_that_exclude_each_other_are_refused(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        Settings(**keys)


@pytest.mark.parametrize(
    ("app", "flood", "words"),
    [("sink", None, "needs a flood"), ("echo", Traffic(), "only receive")],
    ids=["no flood", "echo"],
)
def test_a_second_port_only_receives(app: Any, flood: Traffic | None, words: str) -> None:
    settings = Settings(queues=2, ports=2, app=app)
    with pytest.raises(ScenarioError, match=words):
        Scenario(name="ports", summary="two ports", settings=settings, flood=flood)
