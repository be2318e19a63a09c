"""The report: populations, units, and numbers that are not known."""

import json
from contextlib import closing

import pytest

from kbview.cli.main import main
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.report import Report, build
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters, Sample
from kbview.tape.source import Heading, Origin
from kbview.tape.tape import Tape
from kbview.tape.vocabulary import Place
from tests.cli.captures import HTTP

HEADING = Heading(Origin.LIVE, "counters")


def report(word: str, datapath: str, detail: Detail = Detail.METERS) -> Report:
    tape = Tape()
    with closing(resolve(word, Choice(datapath=datapath, frames=2000))) as source:
        source.set_detail(detail)
        while not source.ended:
            source.pump(tape, 10**15)
        state = State()
        for record in tape.read(0):
            state.apply(record)
        return build(source.heading, source.capabilities.meters, state)


def test_latency_to_the_application_has_no_segment_that_ends_in_tcp() -> None:
    """SYN, ACK and FIN end in tcp_v4_rcv(): one request in five segments reaches an application."""
    found = report("short-connections", "kernel")
    consumed, delivered = found.frames["consumed"], found.frames["delivered"]
    assert None not in (consumed, delivered, found.received)
    assert (found.received or 0) + (consumed or 0) == delivered
    assert found.received == (delivered or 0) / 5
    assert (found.latency_ps["p50"] or 0) > 1.5 * (found.kernel_latency_ps["p50"] or 0) > 0


@pytest.mark.parametrize("detail", [Detail.METERS, Detail.MILESTONES, Detail.STEPS])
def test_both_latencies_are_the_same_at_each_detail(detail: Detail) -> None:
    found, expected = report(str(HTTP), "kernel", detail), report(str(HTTP), "kernel")
    assert found.latency_ps == expected.latency_ps
    assert found.kernel_latency_ps == expected.kernel_latency_ps
    assert found.frames == expected.frames


@pytest.mark.parametrize("where", [Place.ARP, Place.ICMP, Place.TCP, Place.IP])
def test_a_protocol_of_this_host_is_no_application(where: Place) -> None:
    meters = Meters(in_flight=1)
    ev.PacketDelivered(10, 0, 1, where, 64, 7).change(meters)
    assert (meters.delivered, meters.consumed, meters.forwarded) == (1, 1, 0)
    assert (meters.latency.total, meters.kernel_latency.total) == (0, 1)


def test_a_packet_that_is_passed_on_is_not_the_applications() -> None:
    found = report("light-load", "kernel")
    assert found.frames["forwarded"] == found.frames["delivered"] == 2000
    assert found.received == 0


def test_an_application_past_the_stack_gets_the_frames_of_tcp_too() -> None:
    """An L2 bypass hands over SYN and ACK like any frame: none is delivered by a protocol."""
    found = report(str(HTTP), "dpdk")
    assert found.gives_frames
    assert found.received == found.frames["arrived"]
    assert not report(str(HTTP), "mtcp").gives_frames


def test_clients_that_wait_share_costs_by_requests() -> None:
    found = report("short-connections", "kernel")
    assert found.closed_loop
    assert found.packets == found.received
    assert found.per == "packet that the application received"


def test_a_number_that_a_source_cannot_know_is_null_and_never_zero() -> None:
    state = State()
    state.apply(Sample(5, Meters(arrived=4, delivered=4), Detail.METERS))
    found = build(HEADING, {"arrived", "delivered", "arrived_bytes"}, state)
    assert found.frames["arrived"] == found.frames["delivered"] == 4
    assert found.frames["consumed"] is found.frames["missed"] is found.received is None
    assert found.bytes == {"arrived": 0, "delivered": None}
    assert found.rates["delivered_bps"] is None
    assert set(found.counts.values()) == set(found.latency_ps.values()) == {None}


def test_records_that_the_instrument_lost_are_in_the_report() -> None:
    state = State()
    for record in (Sample(0, Meters(), Detail.STEPS), ev.EventsLost(1, 5), ev.EventsLost(2, 7)):
        state.apply(record)
    assert build(HEADING, set(), state).lost_records == 12


def test_the_json_names_its_version_and_units(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "paced-udp", "--until", "20", "--json"]) == 0
    (made,) = json.loads(capsys.readouterr().out)
    assert made["version"] == 1
    for key in ("latency_ps", "kernel_latency_ps", "duration_ps"):
        assert made["units"]["_ps"] == "picoseconds"
        assert key in made
