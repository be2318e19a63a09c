"""Published effects of where a packet is filtered and forwarded, and of what cores share there."""

from typing import Any

import pytest

from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.tape.meter import Meters
from tests.emulator.running import emulation, stretch

US = 1_000_000
FLOOD = Traffic(rate_pps=60e6, flows=600, destinations=600)


def filtered(cores: int = 1, us: int = 300, **settings: Any) -> tuple[Meters, float]:
    """The meters after `us`, and the millions a second dropped or sent on in the second half."""
    made = emulation("kernel", Settings(cores=cores, queues=cores, **settings), FLOOD)
    grown = stretch(made, us / 2, us / 2)
    return made.sample().meters, (grown.delivered + grown.dropped) / (us / 2)


def dropping(at: str, cores: int = 1, **settings: Any) -> float:
    return filtered(cores, app="drop", drop_at=at, **settings)[1]


def forwarding(at: str, cores: int = 1, **settings: Any) -> float:
    return filtered(cores, app="forward", forward_at=at, **settings)[1]


def test_the_earlier_a_drop_the_more_a_core_drops() -> None:
    """Hoiland-Jorgensen et al. 2018 (XDP), fig. 3: 24 M/s in the driver, 4.8 M/s by the stack."""
    ladder = [
        dropping("xdp"),
        dropping("xdp", xdp_generic=True),
        dropping("raw"),
        dropping("input"),
        dropping("input", conntrack=True),
        dropping("reject", conntrack=True),
    ]
    assert ladder == sorted(ladder, reverse=True)
    assert ladder[0] > 4 * ladder[2]
    assert ladder[0] > 2.5 * ladder[1]  # what is saved is the sk_buff, and generic XDP has it


def test_xdp_forwards_faster_the_less_it_asks() -> None:
    """The same, fig. 5: back out of the port, to another, and as the kernel's own routes say."""
    ways = [forwarding(at) for at in ("xdp_tx", "xdp_redirect", "xdp_fib", "ip")]
    assert ways == sorted(ways, reverse=True)
    assert ways[2] > 2.5 * ways[3]
    small, large = (forwarding("xdp_fib", routes=routes) for routes in (1, 50_000))
    assert large < 0.85 * small


def test_tracking_connections_costs_nearly_as_much_as_all_below() -> None:
    """The same, benchmarks: INPUT 3.32 M/s, with conntrack 1.82."""
    assert dropping("input", conntrack=True) == pytest.approx(0.55 * dropping("input"), rel=0.05)


def test_a_counter_that_all_cores_write_bends_the_line() -> None:
    """The same, six cores: raw drops 5.8 times as much as one, conntrack 4.8 times."""
    alone = dropping("raw", 6) / dropping("raw")
    meters, shared = filtered(6, 500, app="drop", drop_at="input", conntrack=True)
    assert alone > 5.7
    assert shared / dropping("input", conntrack=True) < 5.4
    assert meters.stages["line_transfer"].count > 1.5 * meters.drops["ip/NETFILTER_DROP"]
