"""What the screen can open: scenarios, recordings, files of the folder, recent files; and restarts."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kbview.cli import recent
from kbview.cli.app import App
from kbview.cli.library import SourceLibrary, open_first
from kbview.sources.emulated.scenario import ScenarioSource, scenarios
from kbview.sources.resolve import recording
from kbview.tape.source import SourceError
from kbview.ui.session import Opened
from tests.lesson.walking import tutor

OPENED: list[Opened] = []


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    yield
    while OPENED:
        OPENED.pop().source.close()


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    App().add_arguments(parser)
    return parser.parse_args(words)


def opened(*words: str) -> Opened:
    return kept(open_first(parsed(*words), None))


def kept(shown: Opened) -> Opened:
    """Closed after the test."""
    OPENED.append(shown)
    return shown


def library(shown: Opened) -> SourceLibrary:
    assert isinstance(shown.offers.library, SourceLibrary)
    return shown.offers.library


def copied(name: str, path: Path) -> Path:
    source = recording(name)
    assert source is not None
    path.write_bytes(Path(source).read_bytes())
    return path


def test_the_shelf_has_all_scenarios_recordings_and_files_here() -> None:
    copied("mixed.pcap", Path("mine.pcap"))
    Path("notes.txt").write_text("no recording", encoding="utf-8")
    items = {item.word: item for item in library(opened("paced-udp")).shelf()}
    assert {name for name, item in items.items() if item.kind == "scenario"} == set(scenarios())
    assert {"http.pcap", "mixed.pcap", "lab.kbt"} <= items.keys()
    assert items["mine.pcap"].kind == "file here"
    assert "notes.txt" not in items
    assert all(item.caption for item in items.values())


def test_everything_on_the_shelf_opens() -> None:
    shown = library(opened("paced-udp"))
    for item in shown.shelf():
        other = kept(shown.open(item.word))
        assert other.source.heading.name == item.word


def test_a_file_that_was_opened_is_recent_and_comes_first(tmp_path: Path) -> None:
    first, second = (copied("mixed.pcap", tmp_path / name) for name in ("a.pcap", "b.pcap"))
    for path in (first, second, first):
        opened(str(path))
    opened("paced-udp")
    assert recent.files() == [str(first), str(second)]
    kinds = {item.word: item.kind for item in library(opened("paced-udp")).shelf()}
    assert kinds[str(first)] == "recent"


def test_a_pipe_is_neither_on_the_shelf_nor_waited_for(tmp_path: Path) -> None:
    os.mkfifo("nobody.pcap")
    shelf = library(opened("paced-udp"))
    assert "nobody.pcap" not in {item.word for item in shelf.shelf()}
    with pytest.raises(SourceError, match="a pipe cannot be read here; name a file"):
        shelf.open("nobody.pcap")


def test_no_folder_for_recent_files_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    copied("mixed.pcap", Path("mine.pcap"))
    opened("mine.pcap")
    assert recent.files() == []


def test_another_source_is_opened_without_the_flags_of_the_first() -> None:
    first = opened("paced-udp", "--rate", "50000", "--set", "queues=2", "--datapath", "dpdk")
    other = kept(library(first).open("overload-udp"))
    assert isinstance(other.source, ScenarioSource)
    assert other.source.scenario == scenarios()["overload-udp"]


def test_another_source_puts_the_lesson_away_and_a_refused_one_does_not() -> None:
    """The text of a lesson is about its own run."""
    teacher = tutor()
    shelf = SourceLibrary(parsed("paced-udp"), opened("paced-udp").source, teacher)
    open_lessons: list[bool] = []
    for word in ("lesson layers", "nowhere.pcap", "paced-udp", "lesson layers"):
        if word == "nowhere.pcap":
            with pytest.raises(SourceError, match="nowhere"):
                shelf.open(word)
        else:
            kept(shelf.open(word))
        open_lessons.append(teacher.slide is not None)
    assert open_lessons == [True, True, False, True]


def test_settings_have_their_values_and_a_restart_changes_them() -> None:
    first = opened("paced-udp", "--set", "queues=2", "--rate", "50000")
    rows = {row.key: row for row in library(first).settings()}
    assert (rows["queues"].value, rows["queues"].default) == ("2", "1")
    assert rows["queues"].bounds.endswith("128")
    assert rows["traffic.rate_pps"].value == "50000"
    assert "summary" not in rows
    again = kept(library(first).restart([("ring", "256"), ("profile", "modern"), ("seed", "7")]))
    assert isinstance(again.source, ScenarioSource)
    assert again.source.scenario.settings.ring == 256
    assert again.source.scenario.settings.queues == 2
    assert again.source.scenario.traffic.rate_pps == 50_000
    assert again.source.heading.profile == "modern"
    assert again.source.heading.seed == 7
    values = {row.key: row.value for row in library(again).settings()}
    assert (values["ring"], values["queues"], values["profile"]) == ("256", "2", "modern")


def test_a_restart_keeps_the_load_that_was_turned() -> None:
    first = opened("paced-udp")
    first.source.turn("rate", 2)
    again = kept(library(first).restart([]))
    assert again.source.knobs() == first.source.knobs()


@pytest.mark.parametrize("change", [("ring", "300"), ("ring", "x"), ("profile", "no"), ("seed", "x")])
def test_a_refused_setting_says_why(change: tuple[str, str]) -> None:
    with pytest.raises(SourceError, match=change[0]):
        kept(library(opened("paced-udp")).restart([change]))


def test_a_capture_has_the_settings_of_its_host_and_no_traffic() -> None:
    shown = library(opened(recording("http.pcap") or ""))
    keys = [row.key for row in shown.settings()]
    assert "ring" in keys
    assert not [key for key in keys if key.startswith("traffic.")]
    kept(shown.restart([("ring", "64")]))
    assert library(opened(recording("lab.kbt") or "")).settings() == ()
