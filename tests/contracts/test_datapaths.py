"""Over the list of datapaths: each keeps the contract by being listed."""

import ast
import sys
from contextlib import suppress
from itertools import groupby, pairwise
from pathlib import Path

import msgspec
import pytest

import kbview
from kbview.emulator.datapath import Datapath, table
from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.scenario import SYNTHETIC_HOST, Scenario, Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.sources.emulated import profile
from kbview.sources.emulated import scenario as emulated
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.handover import gives_frames
from kbview.tape.meter import TOTALS, Sample
from kbview.tape.station import Station

TRAFFIC = Traffic(pattern="poisson", rate_pps=700_000, frames=400)
CALLS = Traffic(pattern="tcp")


def emulation(name: str, seed: int) -> Emulation:
    return Emulation(profile.load("xdp18"), Settings(), SYNTHETIC_HOST, TRAFFIC.chunks(seed), name)


def told(name: str, seed: int = 3) -> tuple[Emulation, list[ev.Event]]:
    made = emulation(name, seed)
    made.recorder.detail = Detail.STEPS
    events: list[ev.Event] = [made.sample()]
    while not made.ended:
        made.advance(made.now_ps + 50_000_000)
        events += made.release()
    return made, events


@pytest.mark.parametrize("name", DATAPATHS)
def test_same_seed_same_tape(name: str) -> None:
    first, again, other = (msgspec.msgpack.encode(told(name, seed)[1]) for seed in (3, 3, 4))
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", DATAPATHS)
def test_events_are_declared_and_in_order(name: str) -> None:
    _, events = told(name)
    assert {type(event) for event in events} <= {Sample, *ev.MARKERS, *ev.MILESTONES, *ev.STEPS}
    assert all(a.time_ps <= b.time_ps for a, b in pairwise(events))


@pytest.mark.parametrize("name", DATAPATHS)
def test_meters_agree_with_a_count_of_the_events(name: str) -> None:
    made, events = told(name)
    state = State()
    for event in events:
        state.apply(event)
    meters = made.sample().meters
    for total in (*TOTALS, "completion_interrupts"):
        assert getattr(state.meters, total) == getattr(meters, total), total
    assert state.meters.drops == meters.drops


@pytest.mark.parametrize("name", DATAPATHS)
def test_every_packet_has_one_beginning_and_one_end(name: str) -> None:
    _, events = told(name)
    arrived = [event.packet for event in events if isinstance(event, ev.FrameArrived)]
    ended = [
        event.packet
        for event in events
        if isinstance(event, (ev.PacketDelivered, ev.PacketDropped, ev.FrameMissed))
    ]
    assert len(set(arrived)) == len(arrived) == TRAFFIC.frames
    assert sorted(ended) == sorted(arrived)


@pytest.mark.parametrize("name", DATAPATHS)
def test_when_traffic_stops_only_a_poll_mode_driver_goes_on(name: str) -> None:
    made = emulation(name, 1)
    made.advance(NEVER_PS)
    before = made.sample().meters
    made.advance(made.now_ps + 10**9)
    after = made.sample().meters
    assert after.conserved()
    for total in set(TOTALS) - {"polls", "empty_polls"}:
        assert getattr(after, total) == getattr(before, total), total


def test_the_documents_say_what_each_can_serve() -> None:
    page = (Path(__file__).parents[2] / "docs" / "datapaths.md").read_text(encoding="utf-8")
    lines = [line for line in page.replace("`", "").splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    (apps,) = (row[1:] for row in rows if row[1:2] == ["sink"])
    told = {row[0]: row[1:] for row in rows if set(row[1:]) <= {"yes", ""}}
    assert list(told) == list(DATAPATHS)
    for name, marks in told.items():
        served = {app for app, mark in zip(apps, marks, strict=True) if mark}
        assert served == set(DATAPATHS[name].serves), name


# ---- the way ---------------------------------------------------------------------------------

PACKAGE = Path(kbview.__file__).parent
SECTIONS = {"3.1", "3.2", "3.3", "3.4", "3.5", "5.1.1", "5.1.2", "5.2", "-"}


def paths(kind: type[Datapath]) -> list[tuple[Station, ...]]:
    """The paths of every bundled scenario that the datapath serves, and of settings they leave out."""
    scenarios = list(emulated.scenarios().values())
    extra: tuple[dict[str, object], ...] = (
        {"app": "echo"},
        {"app": "generate", "generator": "pktgen"},
        {"app": "generate"},
        {"app": "forward", "forward_at": "xdp_redirect"},
        {"app": "forward", "irq_cure": "polling", "screend": True},
        {"app": "http", "mtcp_io": "psio"},
        {"app": "drop", "drop_at": "xdp", "xdp_generic": True},
        {"app": "echo", "xdp_mode": "copy"},
    )
    for each in extra:
        traffic = CALLS if each["app"] == "http" else TRAFFIC
        settings = msgspec.convert(each, Settings)
        scenarios.append(Scenario("made", "", settings=settings, traffic=traffic))
    found = []
    for scenario in scenarios:
        with suppress(ScenarioError):
            scenario.check(kind.name)
            made = Emulation(
                profile.load(scenario.profile),
                scenario.settings,
                SYNTHETIC_HOST,
                scenario.chunks(),
                kind.name,
                scenario.peer(),
            )
            (started,) = made.release()
            assert isinstance(started, ev.DatapathStarted)
            found.append(started.stations)
    return found


def defined(file: str) -> set[str]:
    """Functions and Class.methods of a file of the emulator."""
    body = ast.parse((PACKAGE / "emulator" / file).read_text(encoding="utf-8")).body
    names = {each.name for each in body if isinstance(each, ast.FunctionDef)}
    return names | {
        f"{kind.name}.{each.name}"
        for kind in body
        if isinstance(kind, ast.ClassDef)
        for each in kind.body
        if isinstance(each, ast.FunctionDef)
    }


@pytest.mark.parametrize("kind", DATAPATHS.values(), ids=lambda kind: kind.name)
def test_the_module_opens_with_the_way_as_its_table(kind: type[Datapath]) -> None:
    doc = [line.strip() for line in (sys.modules[kind.__module__].__doc__ or "").splitlines()]
    wanted = [line.strip() for line in table(kind.way).splitlines()]
    begins = doc.index(wanted[0]) if wanted[0] in doc else 0
    told = doc[begins : begins + len(wanted)]
    assert told == wanted, f"put this into the docstring:\n{table(kind.way)}"


@pytest.mark.parametrize("kind", DATAPATHS.values(), ids=lambda kind: kind.name)
def test_every_row_of_a_way_names_a_function_that_its_file_defines(kind: type[Datapath]) -> None:
    assert {row.section for row in kind.way} <= SECTIONS
    for row in kind.way:
        assert row.function in defined(row.file), row


@pytest.mark.parametrize("kind", DATAPATHS.values(), ids=lambda kind: kind.name)
def test_the_rows_of_a_way_stand_in_the_order_of_the_stations(kind: type[Datapath]) -> None:
    visited = [station.name for station in kind.stations if not station.bypassed]
    names = [name for name, _ in groupby(row.station for row in kind.way)]
    assert names[: len(visited)] == visited


@pytest.mark.parametrize("kind", DATAPATHS.values(), ids=lambda kind: kind.name)
def test_every_station_of_every_path_carries_function_and_file_of_a_row(
    kind: type[Datapath],
) -> None:
    rows = {(row.station, row.function, f"kbview/emulator/{row.file}") for row in kind.way}
    carried = {
        (station.name, station.function, station.file)
        for path in paths(kind)
        for station in path
        if not station.bypassed
    }
    assert carried <= rows
    assert {row[0] for row in rows} == {station[0] for station in carried}


def test_a_datapath_gives_frames_if_no_stack_handles_packets() -> None:
    for name, kind in DATAPATHS.items():
        visited = {station.name for station in kind.stations if not station.bypassed}
        stack = kind.speaks_tcp or bool(visited & {"IP", "UDP/IP"})
        assert gives_frames(name) is (not stack or name == "af_packet")  # a tap beside the stack
