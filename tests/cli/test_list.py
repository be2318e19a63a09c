"""`kbview list`: what can be named on the command line."""

import json
from pathlib import Path

import pytest

from kbview.cli.main import main
from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.scenario import reference
from kbview.experiment.figure import FIGURES
from kbview.sources.emulated.opener import bundled
from kbview.sources.resolve import recording, recordings


def test_every_line_fits_a_terminal_of_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["list"], ["list", "settings"]):
        assert main(words) == 0
        assert max(map(len, capsys.readouterr().out.splitlines())) < 80


def test_json_has_a_section_for_each_kind_of_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    sections = json.loads(capsys.readouterr().out)
    assert sections.pop("version") == 1
    named = {title: {row["name"] for row in rows} for title, rows in sections.items()}
    assert named["scenarios"] == bundled()
    assert named["datapaths"] == set(DATAPATHS)
    assert named["recordings"] == set(recordings())
    assert all(row["reading"] for row in sections["datapaths"])
    for row in sections["figures"]:
        assert row["summary"] == f"[{FIGURES[row['name']].unit}] {FIGURES[row['name']].meaning}"
    assert named["figures"] == set(FIGURES)


def test_settings_have_default_unit_bounds_and_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "settings", "--json"]) == 0
    rows = {row["key"]: row for row in json.loads(capsys.readouterr().out)["settings"]}
    assert len(rows) == len(reference())
    assert rows["settings.napi_weight"]["default"] == 64
    assert rows["settings.rcvbuf"]["unit"] == "bytes"
    assert all(row["meaning"] for row in rows.values())


def test_every_bundled_recording_has_a_caption_and_opens_by_its_bare_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(recording("http.pcap") or "").parent
    found = {path.name for path in folder.iterdir() if path.suffix in (".pcap", ".kbt")}
    assert set(recordings()) == found
    monkeypatch.chdir(tmp_path)
    for name in found:
        ends = [] if name.endswith(".kbt") else ["--until", "5"]  # a tape is reported whole
        assert main(["run", name, *ends]) == 0
        assert name in capsys.readouterr().out


def test_a_file_of_the_callers_comes_before_a_recording_of_the_same_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mixed.pcap").write_bytes(b"not a capture")
    assert main(["run", "mixed.pcap"]) == 3
    assert "mixed.pcap" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("mixd.pcap", "mixed.pcap"), ("paced-upd", "paced-udp"), ("lab.kbtt", "lab.kbt")],
)
def test_a_misspelt_name_is_told_its_neighbour(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", typed]) == 2
    assert f"did you mean {meant}?" in capsys.readouterr().err
