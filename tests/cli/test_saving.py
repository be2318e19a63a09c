"""A session's tape is written as it was seen and opens again; bytes are kept where asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kbview.cli.main import main
from kbview.cli.saving import save
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.rebuild import rebuild
from kbview.tape.detail import Detail
from kbview.tape.events import FrameRecorded
from kbview.tape.source import Source, SourceError
from kbview.tape.tape import Reel, Tape

COLUMN_PS = 20 * 10**6


OPENED: list[Source] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def written(tmp_path: Path, tape: Tape) -> Reel:
    source = resolve(recording("udp-bursts.pcap") or "", Choice(longest_gap_ps=30 * 10**6, snap=64))
    source.set_detail(Detail.STEPS)
    for frame in range(1, 400):
        source.pump(tape, frame * COLUMN_PS)
    path = tmp_path / "session.kbt"
    said = save(source, 64, str(path), tape)
    source.close()
    assert said.startswith(f"{path}: {tape.length - tape.start + 2 * bool(tape.start):,} records in ")
    again = resolve(str(path), Choice())
    OPENED.append(again)
    assert again.tape is not None
    return again.tape


def test_a_whole_tape_opens_again_record_by_record(tmp_path: Path) -> None:
    tape = Tape(capacity=1_000_000)  # room for the whole of it
    again = written(tmp_path, tape)
    assert list(again.read(0)) == list(tape.read(0))
    assert any(isinstance(record, FrameRecorded) for record in again.read(0))


def test_a_tape_whose_beginning_has_gone_begins_with_what_was_known_there(tmp_path: Path) -> None:
    tape = Tape(capacity=10_000)
    again = written(tmp_path, tape)
    assert tape.start > 0
    there, here = (rebuild(one, one.length, COLUMN_PS) for one in (again, tape))
    assert there.meters == here.meters
    assert (there.datapath, there.now_ps) == (here.datapath, here.now_ps)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "there.kbt"
    path.write_text("mine")
    source = resolve(recording("http.pcap") or "", Choice())
    with pytest.raises(SourceError, match="exists"):
        save(source, 0, str(path), Tape())
    source.close()
    assert path.read_text() == "mine"


def test_record_keeps_as_many_bytes_as_it_is_told_to(tmp_path: Path) -> None:
    word = recording("http.pcap") or ""
    assert main(["record", word, "-o", str(tmp_path / "a.kbt"), "--snap", "60", "--until", "50ms"]) == 0
    source = resolve(str(tmp_path / "a.kbt"), Choice())
    assert source.tape is not None
    kept = [one for one in source.tape.read(0) if isinstance(one, FrameRecorded)]
    assert kept
    assert {len(one.data) for one in kept} == {60}
    source.close()


@pytest.mark.parametrize("size", ["-1", "many", "1.5", "٣"])
def test_a_wrong_number_of_bytes_is_refused(
    size: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["record", "steady-udp", "-o", str(tmp_path / "a.kbt"), f"--snap={size}"])
    assert ended.value.code == 2
    assert "is not a number of bytes" in capsys.readouterr().err
