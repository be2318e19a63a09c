"""Receive livelock of the classic kind: interrupts come before all else, and bring what nobody gets.

J. C. Mogul and K. K. Ramakrishnan, "Eliminating receive livelock in an interrupt-driven kernel", ACM
TOCS 15(3), 1997: beyond its peak such a system delivers less the more it is given, down to nothing.
"""

import pytest

from kbview.emulator.emulation import Emulation
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape.meter import Meters
from tests.emulator.running import stretch

MS_PS = 10**9
RATES = (2e5, 4e5, 8e5, 16e5, 32e5)
ROUTER = {
    "app": "forward",
    "cores": 1,
    "link_gbps": 0.01,
    "ring": 64,
    "tx_ring": 64,
    "txqueuelen": 50,
    "max_cstate": "C1",
    "tx_moderation_us": 2000.0,
}


def grown(datapath: str, rate_pps: float, ms: int, machine: str, **settings: object) -> Meters:
    """The growth of the meters in `ms`, after a third of that in which the queues have filled."""
    made = Settings(**settings)  # type: ignore[arg-type]
    chunks = Traffic(rate_pps=rate_pps).chunks(1, made.link_gbps)
    emulation = Emulation(profile.load(machine), made, SYNTHETIC_HOST, chunks, datapath)
    return stretch(emulation, ms * 1000 / 3, ms * 1000)


def delivered(datapath: str, **settings: object) -> list[int]:
    return [grown(datapath, rate, 5, "xdp18", **settings).delivered for rate in RATES]


def test_delivery_rises_peaks_and_falls_to_nothing() -> None:
    """Fig. 6-1, on a machine of 2018: an interrupt a packet, and an application on the same core."""
    curve = delivered("kernel-irq", cores=1)
    peak = curve.index(max(curve))
    assert 0 < peak < len(curve) - 1
    assert curve[: peak + 1] == sorted(curve[: peak + 1])
    assert curve[peak:] == sorted(curve[peak:], reverse=True)
    assert curve[-1] == 0


def test_an_application_on_another_core_does_not_save_it_and_polling_does() -> None:
    """Interrupts alone fill the core that takes them; NAPI masks them, polls, and does not collapse."""
    interrupted = delivered("kernel-irq", cores=2)
    polled = delivered("kernel", cores=2, wait="read")
    assert interrupted[-1] < 0.01 * max(interrupted)
    assert polled[-1] > 0.8 * max(polled)


def test_where_packets_die_moves_down_as_the_load_grows() -> None:
    """The more urgent starves the less urgent: first the socket's reader, then IP, then the ring."""
    rates = (1.0e6, 1.8e6, 6e6)
    runs = [grown("kernel-irq", rate, 5, "xdp18", cores=1) for rate in rates]
    most = [
        max({**meters.drops, "nic": meters.missed}.items(), key=lambda item: item[1])[0]
        for meters in runs
    ]
    assert most == ["socket/SOCKET_RCVBUFF", "ipintrq/CPU_BACKLOG", "nic"]


def router(rate_pps: float, **settings: object) -> Meters:
    return grown("kernel-irq", rate_pps, 300, "mogul96", **(ROUTER | settings))


def test_a_router_that_shows_packets_to_a_process_collapses_first() -> None:
    """Fig. 6-1: screened it is done at about 6000 a second, where the same router still forwards."""
    plain, screened = router(7200), router(7200, screend=True)
    assert screened.sent == 0
    assert plain.sent > 0.5 * router(4700).sent
    assert screened.drops.keys() == {"ipintrq/CPU_BACKLOG", "screenq/FULL_RING"}


@pytest.mark.parametrize("quota", [5, 10])
def test_polling_with_a_quota_is_a_cure(quota: int) -> None:
    """Fig. 6-3: flat from the peak on; what is too much stays in the ring, where it costs nothing."""
    peak, overload = (router(rate, irq_cure="polling", poll_quota=quota) for rate in (6000, 14_000))
    assert overload.sent > 0.95 * peak.sent
    assert not overload.drops
    assert overload.interrupts < 0.01 * overload.arrived


def test_polling_without_a_quota_is_none() -> None:
    """Fig. 6-3: input never ends, so what was sent is never freed, and output stops at once."""
    kept_up, overload = (router(rate, irq_cure="polling", poll_quota=0) for rate in (4700, 6500))
    assert kept_up.sent > 0.99 * kept_up.arrived
    assert overload.sent == 0
    assert overload.drops.keys() == {"qdisc/QDISC_DROP"}


def test_a_queue_further_up_needs_feedback() -> None:
    """Section 6.5: with screend a quota alone starves the process; feedback of its queue does not."""
    settings = {"irq_cure": "polling", "poll_quota": 10, "screend": True}
    starved, fed = (router(12_000, queue_feedback=feedback, **settings) for feedback in (False, True))
    assert starved.sent == 0
    assert fed.sent > 0.95 * router(2000, screend=True).sent
    assert not fed.drops
