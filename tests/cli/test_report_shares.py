"""A report's cost is a packet's own: divided by packets that it names, or told to be the machine's."""

import msgspec
import pytest

from kbview.cli.report_text import cells, print_table
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.report import Report, build
from kbview.state.state import State
from kbview.tape.detail import Detail
from kbview.tape.meter import CoreMeter, Meters, Sample
from kbview.tape.source import Heading, Origin
from kbview.tape.tape import Tape

PER_ARRIVED = "  work for each arrived frame, ns"
WORK = "  CPU time without empty polls, ns"
CPU = "  CPU time of all busy cores, ns"


def run(word: str, datapath: str = "kernel") -> Report:
    source, tape, state = resolve(word, Choice(datapath=datapath)), Tape(), State()
    source.pump(tape, 20_000_000_000)
    for record in tape.read(0):
        state.apply(record)
    source.close()
    return build(source.heading, source.capabilities.meters, state)


def rows(report: Report) -> dict[str, str]:
    return {label: values[0] for label, values in cells([report])}


def test_where_most_frames_are_lost_the_work_stands_per_arrived_frame_as_well() -> None:
    """In a livelock most work is for packets that are dropped; 17 delivered packets cannot share it."""
    livelock = run("starved-application")
    told = rows(livelock)
    assert "for each delivered packet" in told
    work_ns = float(told[WORK].replace(",", ""))
    each_ns = float(told[PER_ARRIVED].replace(",", ""))
    delivered, arrived = livelock.frames["delivered"], livelock.frames["arrived"]
    assert delivered
    assert arrived
    assert each_ns == pytest.approx(work_ns * delivered / arrived, abs=1)
    assert each_ns < work_ns / 100
    assert PER_ARRIVED not in rows(run("paced-udp"))


def test_the_two_cpu_times_have_two_names() -> None:
    """A core that spins is never idle, so with empty polls a packet costs a thousand times as much."""
    told = rows(run("paced-udp", datapath="dpdk"))
    whole, work = (float(told[label].replace(",", "")) for label in (CPU, WORK))
    assert whole > 100 * work
    assert "without empty polls" in WORK
    assert "all busy cores" in CPU


def counted() -> Report:
    """As a source of machine-wide counters builds it: 400 packets, one core with other work, too."""
    known = {"arrived", "delivered", "cores", "cores_shared"}
    state = State()
    meters = Meters(arrived=400, delivered=400, context_switches=4652)
    state.apply(Sample(0, Meters(cores=[CoreMeter(0)]), Detail.METERS))
    busy = CoreMeter(0, user_ps=5 * 10**9, idle_ps=5 * 10**9)
    meters.cores = [busy]
    state.apply(Sample(10**10, meters, Detail.METERS))
    return build(Heading(Origin.LIVE, "counters"), known, state)


def test_a_machine_s_cpu_time_is_no_packet_s_and_what_is_not_counted_is_no_zero(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """/proc/stat has every task of the machine; no counter has bytes of packets that were delivered."""
    report = counted()
    told = rows(report)
    assert told[CPU] == "machine-wide"
    assert told["  context switches"] == "unknown"
    assert told["  system calls"] == "unknown"
    assert report.bytes["delivered"] is None
    assert report.rates["delivered_bps"] is None
    made = msgspec.json.decode(msgspec.json.encode(report))
    assert made["counts"]["context_switches"] is None
    print_table([report])
    out = capsys.readouterr().out
    assert "machine-wide" in out
    assert "11.63" not in out, "the machine's switches divided by packets"
