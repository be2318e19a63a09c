"""The bundled lab: what it is said to show, it shows."""

from collections.abc import Iterator

import pytest

from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.tape.events import DatapathStarted, PacketDelivered
from kbview.tape.meter import Meters, Sample
from kbview.tape.source import Origin, Source


@pytest.fixture(scope="module")
def lab() -> Iterator[Source]:
    path = recording("lab.kbt")
    assert path is not None
    source = resolve(path, Choice())
    yield source
    source.close()


def _stretches(lab: Source) -> dict[str, tuple[Meters, Meters]]:
    """For each receiver the meters of its first and last sample."""
    found: dict[str, tuple[Meters, Meters]] = {}
    name = ""
    assert lab.tape is not None
    for record in lab.tape.read(0):
        if isinstance(record, DatapathStarted):
            name = record.datapath
            if name in found:
                break  # the tour begins again
        elif isinstance(record, Sample):
            found[name] = (found[name][0] if name in found else record.meters, record.meters)
    return found


def test_it_is_live_and_nothing_is_lost(lab: Source) -> None:
    assert lab.heading.origin is Origin.RECORDED
    assert lab.heading.original is Origin.LIVE
    assert lab.tape is not None
    samples = [record.meters for record in lab.tape.read(0) if isinstance(record, Sample)]
    assert len(samples) > 50
    assert all(meters.conserved() for meters in samples)
    assert not samples[-1].dropped
    assert not samples[-1].missed
    told = [each.packet for each in lab.tape.read(0) if isinstance(each, PacketDelivered)]
    assert len(told) == len(set(told)) > 3000


@pytest.mark.parametrize(
    ("name", "calls", "skbs", "copies", "length"),
    [
        ("kernel", (1.0, 1.2), (0.9, 1.1), 1, 18),  # of a 64-byte frame: the datagram
        ("af_packet", (0.0, 0.3), (0.9, 1.1), 1, 60),  # the frame without FCS
        ("af_xdp", (0.1, 1.1), (2.0, 2.0), 2, 60),  # veth_convert_skb_to_xdp_buff(), __xsk_rcv()
        ("dpdk", (0.0, 0.0), (2.0, 2.0), 2, 60),
    ],
)
def test_each_receiver_pays_what_the_table_says(
    lab: Source,
    name: str,
    calls: tuple[float, float],
    skbs: tuple[float, float],
    copies: int,
    length: int,
) -> None:
    before, after = _stretches(lab)[name]
    delivered = after.delivered - before.delivered
    assert delivered > 200
    assert calls[0] <= (after.syscalls - before.syscalls) / delivered <= calls[1]
    assert skbs[0] <= (after.allocations - before.allocations) / delivered <= skbs[1]
    assert (after.copies - before.copies) == copies * delivered
    assert (after.copied_bytes - before.copied_bytes) == length * copies * delivered
    assert after.interrupts == 0


def test_the_lab_tells_its_processes_cpu_time_from_the_machines(lab: Source) -> None:
    meters = _stretches(lab)["dpdk"][1]
    assert meters.gauges["receiver CPU ns"] > 0
    assert meters.gauges["sender CPU ns"] > 0
    assert {"gauges", "cores_shared"} <= lab.capabilities.meters


def test_polling_for_ever_is_busy_for_ever(lab: Source) -> None:
    before, after = _stretches(lab)["dpdk"]
    assert after.empty_polls - before.empty_polls > 100 * (after.delivered - before.delivered)
