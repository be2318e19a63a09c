"""A tape with several datapaths is reported datapath by datapath."""

import pytest

from kbview.cli.together import run_together
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.stretches import stretches
from kbview.tape.detail import Detail
from kbview.tape.event import Event
from kbview.tape.events import DatapathStarted
from kbview.tape.kernel_meter import DropMeter, IrqMeter, SoftnetMeter
from kbview.tape.meter import CoreMeter, Meters, RingMeter, Sample, SocketMeter, StageMeter
from kbview.tape.vocabulary import Place


def _started(time_ps: int, name: str) -> DatapathStarted:
    return DatapathStarted(time_ps, name, "", ())


def _sample(time_ps: int, arrived: int, *latencies: int, **drops: int) -> Sample:
    meters = Meters(arrived=arrived, delivered=arrived, drops=dict(drops))
    meters.cores = [CoreMeter(0, user_ps=time_ps)]
    meters.stages = {"ip_rcv": StageMeter(arrived, 2 * arrived)}
    meters.latency.add(latencies)
    return Sample(time_ps, meters, Detail.METERS)


TOUR: list[Event] = [
    _started(0, "kernel"), _sample(0, 0), _sample(100, 10, 5, 5),
    _started(110, "dpdk"), _sample(120, 10, 5, 5), _sample(300, 40, 5, 5, 90, ring=3),
    _started(310, "kernel"), _sample(400, 50, 5, 5, 90, 7, ring=3),
]  # fmt: skip


def test_each_datapath_has_its_own_growth_and_one_that_comes_again_the_sum_of_both() -> None:
    kernel, dpdk = stretches(TOUR)
    assert [each.started.datapath for each in (dpdk, kernel)] == ["dpdk", "kernel"]
    assert (kernel.meters.arrived, kernel.duration_ps) == (20, 200)
    assert (dpdk.meters.arrived, dpdk.duration_ps) == (30, 180)  # its first sample brought no frame
    assert (kernel.meters.drops, dpdk.meters.drops) == ({}, {"ring": 3})
    assert kernel.meters.stages["ip_rcv"] == StageMeter(20, 40)
    assert dpdk.meters.cores[0].user_ps == 180
    assert (kernel.meters.latency.total, kernel.meters.latency.greatest) == (3, 7)
    assert (dpdk.meters.latency.total, dpdk.meters.latency.least) == (1, 90)


def test_the_time_of_a_change_in_which_nothing_is_sent_is_not_in_a_stretch() -> None:
    """kbview/sources/lab/receivers_switch.py: from HOLDING to the next reading the sender rests."""
    sent = [_sample(time_ps, arrived) for time_ps, arrived in ((0, 0), (50, 5), (100, 10), (170, 10))]
    more = [
        _sample(time_ps, arrived) for time_ps, arrived in ((260, 10), (300, 14), (400, 24), (480, 24))
    ]
    kernel, dpdk = stretches([_started(0, "kernel"), *sent, _started(240, "dpdk"), *more])
    assert (kernel.meters.arrived, kernel.duration_ps) == (10, 100)
    assert (dpdk.meters.arrived, dpdk.duration_ps) == (14, 140)


@pytest.mark.parametrize("until_ps", [None, 3 * 10**12])
def test_the_recorded_lab_is_reported_receiver_by_receiver(until_ps: int | None) -> None:
    path = recording("lab.kbt")
    assert path is not None
    reports = run_together([resolve(path, Choice())], until_ps)
    names = [each.datapath for each in reports]
    assert names == ["kernel", "af_packet", "af_xdp", "dpdk"][: len(names)]
    assert len(names) == (4 if until_ps is None else 2)
    for report in reports:
        each = {"kernel": 1, "af_packet": 1, "af_xdp": 2, "dpdk": 2}[report.datapath]
        assert report.counts["copies"] == each * (report.frames["delivered"] or 0) > 0
    assert (reports[0].counts["syscalls"] or 0) >= (reports[0].frames["delivered"] or 0)


def test_a_tape_of_a_live_kernel_keeps_the_levels_and_lists_of_its_end() -> None:
    """Every field of Meters is set, so a field that cannot be combined fails here."""
    ended = Meters(
        rings=[RingMeter(0, 8)],
        sockets={"udp :53": SocketMeter("udp :53", unknown=("received",))},
        gauges={"CPU ms of redis 81": 4},
        softnet=[SoftnetMeter(0, 7, 0, 0, None), SoftnetMeter(1, 9, 1, 0, 3)],
        irqs=[IrqMeter("38", "virtio2-input.0", "0-3", 5)],
        causes=[DropMeter(Place.UDP, "NO_SOCKET", "__udp4_lib_rcv", "udp :99", "", 20)],
        unknown=("copies", "costs"),
        banner="totals are exact",
        tlb_misses=3,
        completion_interrupts=2,
    )
    (one,) = stretches(
        [_started(0, "kernel"), Sample(0, Meters(), Detail.METERS), Sample(100, ended, Detail.METERS)]
    )
    for name in ("rings", "sockets", "gauges", "softnet", "irqs", "causes", "unknown", "banner"):
        assert getattr(one.meters, name) == getattr(ended, name), name
