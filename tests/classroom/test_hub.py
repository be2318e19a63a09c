"""The hub serves every follower that reads, and is disturbed by none."""

import os
import stat
from pathlib import Path

import pytest

from kbview.classroom.message import (
    Answer,
    ClassMoment,
    Decided,
    Farewell,
    OpenQuestion,
    Picture,
    framed,
)
from kbview.classroom.room import Room, connect, find_room
from kbview.tape.source import SourceError
from tests.classroom.class_room import Pupil, presented, until

ROWS = ["first row", "second row"]


def test_who_comes_late_gets_the_whole_screen_the_question_and_the_moment(tmp_path: Path) -> None:
    with presented(tmp_path) as (hub, room):
        hub.see(80, ROWS)
        hub.ask(2, "")
        hub.point(ClassMoment("tape-1.kbt", 5))
        early = Pupil(room)
        early.wait_for(ClassMoment)
        late = Pupil(room)
        late.wait_for(ClassMoment)
        for pupil in (early, late):
            assert pupil.heard[0] == Picture(80, 2, whole=True, rows=dict(enumerate(ROWS)))
            assert OpenQuestion(1, 2, "") in pupil.heard


def test_a_change_is_sent_to_all_as_the_changed_row(tmp_path: Path) -> None:
    with presented(tmp_path) as (hub, room):
        hub.see(80, ROWS)
        pupils = [Pupil(room) for _ in range(3)]
        for pupil in pupils:
            pupil.wait_for(Picture)
        hub.see(80, ["first row", "changed"])
        for pupil in pupils:
            assert pupil.wait_for(Picture, 2)[1] == Picture(80, 2, whole=False, rows={1: "changed"})


def test_a_follower_that_does_not_read_holds_nobody_up_and_catches_up_later(tmp_path: Path) -> None:
    with presented(tmp_path) as (hub, room):
        hub.see(80, ["0" * 4000] * 24)
        asleep, awake = Pupil(room), Pupil(room)
        for pupil in (asleep, awake):
            pupil.wait_for(Picture)
        for number in range(1, 200):
            hub.see(80, [f"{number}" * 1500] * 24)
            awake.wait_for(Picture, number + 1)
        last = dict.fromkeys(range(24), "199" * 1500)
        assert awake.heard[-1] == Picture(80, 24, whole=False, rows=last)
        while (newest := asleep.heard[-1]) != Picture(80, 24, whole=True, rows=last):
            asleep.heard += asleep.inbox.feed(asleep.link.recv(1 << 16))
            assert newest is not None
        assert len(asleep.heard) < 199


def test_bytes_that_are_no_answer_close_that_seat_alone(tmp_path: Path) -> None:
    with presented(tmp_path) as (hub, room):
        hub.see(80, ROWS)
        rude, kind = Pupil(room), Pupil(room)
        for pupil in (rude, kind):
            pupil.wait_for(Picture)
        rude.link.sendall(b"\xff" * 64)
        until(lambda: hub.followers == 1)
        hub.see(80, ["still", "here"])
        kind.wait_for(Picture, 2)


def test_answers_are_counted_and_told_until_the_question_is_closed(tmp_path: Path) -> None:
    told: list[int] = []
    with presented(tmp_path) as (hub, room):
        hub.see(80, ROWS)
        pupils = [Pupil(room) for _ in range(4)]
        hub.answered(lambda: told.append(1))
        hub.ask(2, "")
        for pupil, answer in zip(pupils, ["1", "2", "2", "5"], strict=True):
            pupil.wait_for(OpenQuestion)
            pupil.link.sendall(framed(Answer(1, answer)))
        until(lambda: hub.ballot.answered == 3)
        assert hub.ballot.spread() == "1: 1  2: 2"
        assert len(told) == 3
        ballot = hub.decide()
        pupils[3].wait_for(Decided)
        pupils[3].link.sendall(framed(Answer(1, "1")))
        hub.ask(0, "ns")
        pupils[3].wait_for(OpenQuestion, 2)
        assert ballot is not None
        assert (ballot.answered, hub.decide() is not None, hub.decide()) == (3, True, None)


def test_the_end_is_a_sentence(tmp_path: Path) -> None:
    with presented(tmp_path) as (hub, room):
        hub.see(80, ROWS)
        pupil = Pupil(room)
        pupil.wait_for(Picture)
        hub.close("The class is over.")
        assert pupil.wait_for(Farewell) == [Farewell("The class is over.")]


def test_only_owner_and_group_may_enter_the_room(tmp_path: Path) -> None:
    with presented(tmp_path) as (_, room):
        assert stat.S_IMODE(room.path.stat().st_mode) == 0o750
        assert stat.S_IMODE((room.path / "screen").stat().st_mode) == 0o660
    assert not room.path.exists()


def test_a_room_in_use_is_refused_and_one_of_a_killed_presenter_is_taken_over(tmp_path: Path) -> None:
    with presented(tmp_path) as (_, room), pytest.raises(SourceError, match="is presented here"):
        Room(room.path, None)
    left = Room(tmp_path / "left", None)
    (left.path / "tape-1.kbt").touch()
    left.listener.close()
    again = Room(tmp_path / "left", None)
    assert os.listdir(again.path) == ["screen"]
    again.close()
    assert not again.path.exists()


def test_files_that_are_not_of_a_class_are_never_removed(tmp_path: Path) -> None:
    """A presenter that names a folder of work as the room does not lose the work."""
    (tmp_path / "thesis.tex").touch()
    mode = tmp_path.stat().st_mode
    with pytest.raises(SourceError, match=r"such as 'thesis.tex'; --room takes a new folder"):
        Room(tmp_path, None)
    assert os.listdir(tmp_path) == ["thesis.tex"]
    assert tmp_path.stat().st_mode == mode
    room = Room(tmp_path / "room", None)
    (room.path / "notes").touch()
    room.close()
    assert os.listdir(room.path) == ["notes"]


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "room").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SourceError, match="another user"):
        Room(tmp_path / "room", None)
    assert os.listdir(tmp_path / "elsewhere") == []


def test_a_class_that_is_not_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(SourceError, match="`kbview present` begins one"):
        find_room(None)
    with pytest.raises(SourceError, match="no class is presented here"):
        connect(find_room("nobody"))
    for user in ("asha", "ben"):
        (tmp_path / f"kbview-class-{user}").mkdir()
    with pytest.raises(SourceError, match="asha, ben"):
        find_room(None)
    assert find_room("ben") == tmp_path / "kbview-class-ben"


def test_a_group_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such group"):
        Room(tmp_path / "room", "no-group-of-this-name")
