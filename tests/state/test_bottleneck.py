"""Why a datapath is as fast as it is, from the numbers of its report."""

from typing import Any

import pytest

from kbview.state.bottleneck import bottleneck, load
from kbview.state.report import COUNTS, Report
from kbview.tape.meter import CoreMeter

ACCOUNTS = [field[:-3] for field in CoreMeter.__struct_fields__ if field.endswith("_ps")]
FRAMES = {
    "arrived": 1000,
    "delivered": 1000,
    "consumed": 0,
    "forwarded": 0,
    "sent": 0,
    "dropped": 0,
    "missed": 0,
    "in_flight": 0,
}


def report(*cores: dict[str, int], **fields: Any) -> Report:
    booked = [
        {"cpu": cpu} | {f"{name}_ps": core.get(name, 0) for name in ACCOUNTS}
        for cpu, core in enumerate(cores)
    ]
    made: dict[str, Any] = {
        "version": 1, "units": {}, "gives_frames": False, "closed_loop": False, "kernel_latency_ps": {},
        "unseen": 0, "lost_records": 0, "source": "made up",
        "origin": "emulated", "datapath": "kernel", "profile": "xdp18", "machine": "a Xeon", "seed": 1,
        "duration_ps": 100, "frames": FRAMES, "bytes": {"arrived": 64_000, "delivered": 64_000},
        "counts": dict.fromkeys(COUNTS, 0), "latency_ps": {}, "drops": [], "cores": booked,
        "stages": [], "rates": {}, "notes": [], "gauges": {},
    }  # fmt: skip
    return Report(**made | fields)


def stage(name: str, ns: int) -> dict[str, Any]:
    return {"stage": name, "count": 1000, "total_ps": ns * 1_000_000, "share": 0.5}


def test_load_is_that_of_the_busiest_core_and_polling_in_vain_is_none() -> None:
    spinning = {"poll_empty": 90, "poll_useful": 10}
    assert load(report({"idle": 70, "softirq": 30}, spinning)) == pytest.approx(0.3)
    assert load(report({"idle": 95, "softirq": 5}, spinning)) == pytest.approx(0.1)
    assert load(report()) == 0.0


def test_the_dearest_steps_come_first_and_finding_nothing_is_no_step() -> None:
    stages = [stage("rx_burst_empty", 900), stage("socket_recv", 400), stage("ip_rcv", 80)]
    assert (
        bottleneck(report({"idle": 50, "syscall": 50}, stages=stages)) == "socket_recv 400, ip_rcv 80"
    )


def test_what_is_lost_is_said_with_the_place_and_whether_a_core_is_full() -> None:
    frames = {
        "arrived": 1000,
        "delivered": 750,
        "consumed": 0,
        "forwarded": 0,
        "sent": 0,
        "dropped": 240,
        "missed": 10,
        "in_flight": 0,
    }
    drops = [{"where": "socket", "reason": "SOCKET_RCVBUFF", "count": 240}]
    lossy: dict[str, Any] = {"frames": frames, "drops": drops}
    full = bottleneck(report({"syscall": 100}, **lossy))
    assert full == "a core is full, 25 % lost, most at socket: SOCKET_RCVBUFF"
    assert bottleneck(report({"syscall": 50, "idle": 50}, **lossy)) == full.removeprefix(
        "a core is full, "
    )


@pytest.mark.parametrize(
    ("gone", "told"), [(1, "0.1 %"), (14, "1.4 %"), (240, "24 %"), (998, "nearly 100 %")]
)
def test_how_much_is_lost_is_said_in_two_digits(gone: int, told: str) -> None:
    frames = FRAMES | {"delivered": 1000 - gone, "missed": gone}
    assert bottleneck(report(frames=frames)) == f"{told} lost, most at no free descriptor"


def test_a_core_that_polls_in_vain_is_told() -> None:
    assert "empty polls take 90 %" in bottleneck(report({"poll_empty": 90, "poll_useful": 10}))
    assert bottleneck(report({"poll_empty": 10, "poll_useful": 90})) == ""
