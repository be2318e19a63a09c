"""Silence in a recording: few samples, the same numbers, and no event lost."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kbview.cli.recording import RecordingRun, WrittenTape
from kbview.emulator.datapaths import DATAPATHS
from kbview.packet.writer import PcapWriter
from kbview.sources.emulated.source import EmulatorSource
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.sources.tapes.output import TapeOutput
from kbview.state.rebuild import rebuild
from kbview.tape.detail import Detail
from kbview.tape.events import Event, Spun
from kbview.tape.meter import Sample

US_PS = 1_000_000
SECOND_PS = 1_000_000 * US_PS
DATAGRAM = bytes.fromhex(
    "020000000002 020000000001 0800 4500001d00010000401100000a0000010a000002 1388003500090000 61"
)
each_datapath = pytest.mark.parametrize("datapath", DATAPATHS)


def silent(folder: Path, *seconds: float) -> Path:
    """Two datagrams, and two more behind each silence."""
    path = folder / "silent.pcap"
    with path.open("wb") as file:
        writer = PcapWriter(file)
        time_ps = 1_700_000_000 * SECOND_PS
        for silence in (0, *seconds):
            time_ps += round(silence * SECOND_PS)
            writer.write(time_ps, DATAGRAM)
            writer.write(time_ps + US_PS, DATAGRAM)
    return path


def recorded(capture: Path, datapath: str, every_ps: int = 20 * US_PS) -> list[Event]:
    tape = capture.with_suffix(".kbt")
    choice = Choice(datapath=datapath, verify=False)
    with closing(resolve(str(capture), choice)) as source:
        output = TapeOutput(str(tape), force=True)
        with closing(output):
            RecordingRun(source, output, Detail.STEPS, every_ps).run(None, lambda: False)
    return list(told(tape))


def told(tape: Path) -> Iterator[Event]:
    with closing(resolve(str(tape), Choice())) as source:
        assert source.tape is not None
        yield from source.tape.read(0)


def happened(records: list[Event]) -> list[Event]:
    """All but samples, and empty polls, which are told by the stretch."""
    return [each for each in records if not isinstance(each, Sample | Spun)]


def polls(records: list[Event]) -> int:
    return sum(each.polls for each in records if isinstance(each, Spun))


@each_datapath
def test_a_day_of_silence_takes_few_samples(datapath: str, tmp_path: Path) -> None:
    """A sample every 20 us would be 4.3 billion of them."""
    short = recorded(silent(tmp_path, 1), datapath)
    long = recorded(silent(tmp_path, 86_000), datapath)
    assert long[-1].time_ps >= 86_000 * SECOND_PS
    assert len(long) < len(short) + 40


@each_datapath
def test_silence_changes_neither_events_nor_meters(
    datapath: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = silent(tmp_path, 0.05, 0.0007, 0.02)
    sparse = recorded(capture, datapath)
    monkeypatch.setattr(EmulatorSource, "next_ps", lambda _: None)
    monkeypatch.setattr(WrittenTape, "_is_quiet", lambda *_: False)
    dense = recorded(capture, datapath)  # with a sample every 20 us
    assert happened(sparse) == happened(dense)
    assert polls(sparse) == polls(dense)
    samples = {each.time_ps: each for each in dense if isinstance(each, Sample)}
    kept = [each for each in sparse if isinstance(each, Sample)]
    assert len(kept) < len(samples)
    assert all(each == samples[each.time_ps] for each in kept)


@each_datapath
def test_in_a_silence_the_state_is_what_the_emulator_would_show(datapath: str, tmp_path: Path) -> None:
    capture = silent(tmp_path, 100)
    recorded(capture, datapath)
    with closing(resolve(str(capture.with_suffix(".kbt")), Choice())) as source:
        tape = source.tape
        assert tape is not None
        for second in (1, 30, 99):
            position = tape.position_at(second * SECOND_PS)
            meters = rebuild(tape, position, SECOND_PS).meters
            assert (meters.arrived, meters.in_flight) == (2, 0)
            assert meters.delivered + sum(meters.drops.values()) == 2
