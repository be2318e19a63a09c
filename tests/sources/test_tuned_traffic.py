"""The load of a scenario is changed while it runs, for every reader at the same frame."""

from collections.abc import Iterable
from itertools import islice, pairwise

import pytest

from kbview.packet.frame import WIRE_OVERHEAD, Frame
from kbview.sources.emulated.scenario import ScenarioSource, scenarios
from kbview.sources.emulated.tuned_traffic import CHUNK_PS, TunedTraffic
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape.events import SourceNoted
from kbview.tape.source import SourceError
from kbview.tape.tape import Tape

MS = 10**9


def frames_of(tuned: TunedTraffic, most: int) -> list[Frame]:
    return list(islice((frame for chunk in tuned.chunks() for frame in chunk), most))


def told(frames: Iterable[Frame]) -> list[tuple[int, int, int, str, int]]:
    return [
        (one.arrived_ps, one.packet, one.length, one.flow.source, one.flow.source_port)
        for one in frames
    ]


@pytest.mark.parametrize("word", [w for w, s in scenarios().items() if not s.peer()])
def test_without_a_change_the_frames_are_those_of_the_scenario(word: str) -> None:
    scenario = scenarios()[word]
    expected = list(islice((frame for chunk in scenario.chunks() for frame in chunk), 3_000))
    assert expected or scenario.traffic.frames == 0
    assert told(frames_of(TunedTraffic(scenario), 3_000)) == told(expected)


def test_a_change_begins_behind_what_was_read_and_numbers_go_on() -> None:
    tuned = TunedTraffic(scenarios()["paced-udp"])
    chunks = tuned.chunks()
    before = [frame for _ in range(3) for frame in next(chunks)]
    assert tuned.turn("rate", 2) == "rate 100,000 frames/s"
    after = [frame for _ in range(3) for frame in next(chunks)]
    after = [frame for frame in after if frame.arrived_ps > before[-1].arrived_ps]
    assert [frame.packet for frame in before + after] == list(range(len(before) + len(after)))
    assert {b.arrived_ps - a.arrived_ps for a, b in pairwise(after)} == {10_000_000}
    assert after[0].arrived_ps - before[-1].arrived_ps <= 10_000_000 + CHUNK_PS


def test_a_second_reader_gets_the_same_frames() -> None:
    tuned = TunedTraffic(scenarios()["steady-udp"])
    first = tuned.chunks()
    read = [frame for _ in range(4) for frame in next(first)]
    tuned.turn("rate", 1)
    tuned.turn("size", 2)
    tuned.turn("flows", 3)
    read += [frame for _ in range(4) for frame in next(first)]
    assert told(frames_of(tuned, len(read))) == told(read)
    assert {frame.length for frame in read[-50:]} == {256}
    assert len({frame.flow.source_port for frame in read[-50:]}) == 32


def test_frames_never_overlap_on_the_wire() -> None:
    scenario = scenarios()["steady-udp"]
    tuned = TunedTraffic(scenario)
    chunks = tuned.chunks()
    read = list(next(chunks))
    for rungs in (2, -4, 1, 3):
        tuned.turn("rate", rungs)
        read += [frame for _ in range(3) for frame in next(chunks)]
    byte_ps = 8_000 / scenario.settings.link_gbps
    for a, b in pairwise(read):
        assert b.arrived_ps - a.arrived_ps >= (b.length + WIRE_OVERHEAD) * byte_ps - 1


def test_the_number_of_frames_stays_the_scenarios() -> None:
    tuned = TunedTraffic(scenarios()["paced-udp"])
    chunks = tuned.chunks()
    read = len(next(chunks))
    tuned.turn("rate", 4)
    assert read + sum(map(len, chunks)) == scenarios()["paced-udp"].traffic.frames


def test_a_source_tells_its_change_and_refuses_what_the_link_cannot_carry() -> None:
    source = resolve("overload-udp", Choice(tuned=True))
    assert isinstance(source, ScenarioSource)
    assert [knob.name for knob in source.knobs()] == ["rate", "size", "flows"]
    tape = Tape()
    source.pump(tape, MS)
    source.turn("size", 5)
    before = source.knobs()
    with pytest.raises(SourceError, match=r"rate_pps = .* is more than link_gbps"):
        source.turn("rate", 9)
    assert source.knobs() == before
    source.pump(tape, 2 * MS)
    notes = [record.note for record in tape.read(0) if isinstance(record, SourceNoted)]
    assert notes == ["The load was changed: size 1,518 bytes."]
    alike = source.alike("dpdk")
    assert alike.knobs() == before
    source.close()


def test_clients_that_wait_for_answers_have_no_rate() -> None:
    source = resolve("request-response", Choice(tuned=True))
    assert source.knobs() == ()
    source.close()
