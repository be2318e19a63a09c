"""A lesson is walked through by calls; each step's state is the same, however the reader came there."""

from pathlib import Path

import msgspec
import pytest

from kbview.lesson.bookmark import bookmarks
from kbview.lesson.lesson import Setup
from kbview.lesson.stage import opened
from kbview.state.player import Player
from kbview.state.slide import LessonPlace
from kbview.tape.source import SourceError
from tests.lesson.files import HEAD, example, written
from tests.lesson.walking import OPENED, Walk, tutor

NUMBER = (
    HEAD
    + '[[step]]\nprose = "Now {delivered}."\n[step.bring]\nuntil = "1ms"\n'
    + '[step.prediction]\nkind = "number"\nquestion = "Packets?"\nunit = "packets"\ntolerance = 0.1\n'
    + 'answer = "delivered"\nbecause = "At {time_us} us."\n'
)


@pytest.fixture
def walk(tmp_path: Path) -> Walk:
    return Walk(written(tmp_path, example(), "copy"))


def test_a_question_is_asked_before_and_answered_by_the_model_after(walk: Walk) -> None:
    walk.reached(walk.tutor.forward())
    slide = walk.tutor.slide
    assert slide is not None
    assert (slide.asks, slide.choices, slide.verdict) == (True, ("the kernel", "DPDK"), "")
    assert walk.player.state.meters.copies == 0
    verdict = walk.reached(walk.tutor.answer("2"))
    assert verdict.startswith("Not so. You: DPDK. The model: the kernel, ")
    assert walk.player.state.meters.copies == 39
    slide = walk.tutor.slide
    assert slide is not None
    assert slide.because.startswith("Through the kernel a packet costs ")
    assert "{" not in slide.because


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("20", "Right. You: 20 packets. The model: 19 packets; 5 % too high."),
        ("1k", "Not so. You: 1,000 packets. The model: 19 packets; 5163 % too high."),
        ("10", "Not so. You: 10 packets. The model: 19 packets; 47 % too low."),
        ("", "The model: 19 packets."),
    ],
)
def test_a_number_is_missed_by_so_much(tmp_path: Path, answer: str, verdict: str) -> None:
    walk = Walk(written(tmp_path, NUMBER))
    assert walk.tutor.slide is not None
    assert walk.tutor.slide.prose == "Now 0."
    assert walk.reached(walk.tutor.answer(answer)) == verdict
    assert walk.tutor.slide.prose == "Now 0."
    assert walk.tutor.slide.because == "At 1,000 us."


@pytest.mark.parametrize("answer", ["many", "nan", "1e999", "--1"])
def test_no_answer_is_refused_and_the_question_stays(tmp_path: Path, answer: str) -> None:
    walk = Walk(written(tmp_path, NUMBER))
    with pytest.raises(SourceError, match="is no number; write"):
        walk.tutor.answer(answer)
    assert walk.tutor.slide is not None
    assert walk.tutor.slide.asks


def test_back_and_forth_comes_to_the_same_moment(walk: Walk) -> None:
    first = walk.player.state.now_ps, walk.player.state.position
    walk.reached(walk.tutor.forward())
    walk.reached(walk.tutor.answer("1"))
    second = walk.player.state.now_ps
    walk.reached(walk.tutor.backward())
    assert (walk.player.state.now_ps, walk.player.state.position) == first
    walk.reached(walk.tutor.forward())
    walk.reached(walk.tutor.forward())
    assert walk.player.state.now_ps == second


def test_a_reader_who_played_on_is_taken_back_on_the_same_tape(walk: Walk) -> None:
    walk.player.produce(10**9)
    walk.player.show(10**9)
    walk.reached(walk.tutor.forward())
    assert walk.player.state.meters.copies == 0
    walk.reached(walk.tutor.forward())
    assert walk.player.state.meters.copies == 39


def test_a_run_that_the_reader_has_altered_begins_anew(walk: Walk) -> None:
    assert walk.player.switch("dpdk") == ""
    anew = walk.tutor.forward()
    assert anew is not None
    walk.reached(anew)
    walk.reached(walk.tutor.answer("1"))
    assert walk.player.state.datapath == "kernel"
    assert walk.player.state.meters.copies == 39


def test_the_place_is_a_value_that_can_be_sent(walk: Walk, tmp_path: Path) -> None:
    place = msgspec.json.decode(msgspec.json.encode(LessonPlace("copy", 1, "2")), type=LessonPlace)
    other = Walk(tmp_path / "copy.toml")
    verdict = other.reached(other.tutor.go(place))
    walk.reached(walk.tutor.forward())
    assert verdict == walk.reached(walk.tutor.answer("2"))
    assert other.tutor.slide == walk.tutor.slide
    with pytest.raises(SourceError, match="not open"):
        walk.tutor.go(LessonPlace("other"))


def test_the_place_is_kept_and_forgotten_at_the_end(walk: Walk, tmp_path: Path) -> None:
    walk.reached(walk.tutor.forward())
    again = Walk(tmp_path / "copy.toml")
    assert again.tutor.slide is not None
    assert again.tutor.slide.place == LessonPlace("copy", 1)
    again.reached(again.tutor.forward())
    with pytest.raises(SourceError, match="the last step"):
        again.tutor.forward()
    assert bookmarks().steps == {}


@pytest.mark.parametrize("home", ["/dev/null", "/proc"])
def test_a_state_folder_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", home)
    walk = Walk(written(tmp_path, example(), "copy"))
    assert walk.tutor.slide is not None
    assert walk.tutor.slide.place.step == 0


def test_a_damaged_bookmark_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "kbview"
    folder.mkdir(parents=True)
    for data in (b"\xff", b"[" * 50_000, b'{"steps": {"copy": 1e9}}', b'{"steps": {"copy": 99}}'):
        (folder / "lessons.json").write_bytes(data)
        walk = Walk(written(tmp_path, example(), "copy"))
        assert walk.tutor.slide is not None


def test_a_target_that_is_never_reached_is_said_and_the_walk_goes_on(tmp_path: Path) -> None:
    text = HEAD + '[[step]]\nprose = "a"\n[step.bring]\nuntil = "drop"\n[[step]]\nprose = "b"\n'
    walk = Walk(written(tmp_path, text))
    assert walk.tutor.slide is not None
    assert walk.tutor.slide.verdict.startswith("The model cannot show this: not reached:")
    walk.tutor.forward()
    assert walk.tutor.slide.place.step == 1


def test_moves_without_a_lesson_are_refused_and_the_tour_is_the_first() -> None:
    alone = tutor()
    with pytest.raises(SourceError, match="no lesson is open"):
        alone.backward()
    with pytest.raises(SourceError, match="nothing is asked"):
        alone.answer("1")
    begun = alone.begin()
    assert begun is not None
    OPENED.append(begun.source)
    assert alone.slide is not None
    assert alone.slide.place.lesson == "tour"


def test_after_the_last_step_n_says_the_lesson_that_follows_and_then_begins_it() -> None:
    alone = tutor()
    begun = alone.start("tour")
    OPENED.append(begun.source)
    alone.take(Player(begun.source))
    last = alone.go(LessonPlace("tour", 4))
    assert last is not None
    OPENED.append(last.source)
    with pytest.raises(SourceError, match=r"last step of The tour.*: n again begins layers"):
        alone.forward()
    following = alone.forward()
    assert following is not None
    OPENED.append(following.source)
    assert alone.slide is not None
    assert alone.slide.place == LessonPlace("layers", 0)


def test_a_source_that_is_missing_is_said_and_the_walk_goes_on(tmp_path: Path) -> None:
    step = '[[step]]\nprose = "{}"\n'
    gone = step.format("b") + '[step.bring]\nsource = "gone.pcap"\n'
    walk = Walk(written(tmp_path, HEAD + step.format("a") + gone + step.format("c")))
    with pytest.raises(SourceError, match=r"gone\.pcap"):
        walk.tutor.forward()
    assert not walk.tutor.busy
    assert walk.tutor.slide is not None
    assert "gone.pcap" in walk.tutor.slide.verdict
    walk.reached(walk.tutor.backward())
    assert walk.tutor.slide.prose == "a"
    assert walk.tutor.slide.verdict == ""


def test_another_source_that_the_viewer_opens_leaves_the_lesson_to_be_taken_up(walk: Walk) -> None:
    other = Player(opened(Setup("overload-udp"), "."))
    OPENED.append(other.source)
    walk.tutor.take(other)
    assert walk.tutor.advance(1.0)
    assert not walk.tutor.busy
    walk.reached(walk.tutor.forward())
    assert walk.tutor.slide is not None
    assert walk.tutor.slide.place.step == 1


def test_another_source_in_the_middle_of_a_run_puts_the_lesson_away(walk: Walk) -> None:
    again = walk.tutor.go(LessonPlace("copy", 1, "1"))
    assert again is None
    assert walk.tutor.busy
    other = Player(opened(Setup("overload-udp"), "."))
    OPENED.append(other.source)
    walk.tutor.take(other)
    assert (walk.tutor.slide, walk.tutor.busy) == (None, False)
    assert walk.reached(walk.tutor.forward()).startswith("Right.")
