"""A question counts one valid answer for each follower, as long as it is open."""

from pathlib import Path

import pytest

from kbview.classroom.ballot import Ballot
from kbview.classroom.canvas import Canvas
from kbview.classroom.message import Answer, OpenQuestion, Picture
from kbview.classroom.register import Register
from kbview.lesson.assignment import read
from kbview.state.slide import LessonPlace


def test_the_last_answer_of_a_follower_counts() -> None:
    ballot = Ballot(OpenQuestion(1, 3, ""))
    assert ballot.take(7, Answer(1, "1"))
    assert ballot.take(8, Answer(1, "3"))
    assert ballot.take(7, Answer(1, "2"))
    assert (ballot.answered, ballot.spread()) == (2, "1: 0  2: 1  3: 1")


@pytest.mark.parametrize(
    "answer", [Answer(2, "1"), Answer(1, "0"), Answer(1, "4"), Answer(1, ""), Answer(1, "1", "n" * 65)]
)
def test_what_is_no_answer_to_the_question_does_not_count(answer: Answer) -> None:
    ballot = Ballot(OpenQuestion(1, 3, ""))
    assert not ballot.take(7, answer)
    assert ballot.answered == 0


def test_a_closed_question_takes_no_answer() -> None:
    ballot = Ballot(OpenQuestion(1, 3, ""))
    ballot.open = False
    assert not ballot.take(7, Answer(1, "1"))


def test_only_changed_rows_are_sent() -> None:
    canvas = Canvas()
    assert canvas.draw(80, ["a", "b"]) == Picture(80, 2, whole=True, rows={0: "a", 1: "b"})
    assert canvas.draw(80, ["a", "c"]) == Picture(80, 2, whole=False, rows={1: "c"})
    assert canvas.draw(80, ["a", "c"]) is None
    assert canvas.draw(100, ["a", "c"]) == Picture(100, 2, whole=True, rows={0: "a", 1: "c"})


def test_named_answers_become_files_that_can_be_graded_and_no_other_name_is_kept(
    tmp_path: Path,
) -> None:
    register = Register(tmp_path / "answers")
    ballot = Ballot(OpenQuestion(1, 2, ""))
    ballot.take(1, Answer(1, "2", 'Asha "../x"'))
    ballot.take(2, Answer(1, "1"))
    register.enter(LessonPlace("tour", 2), ballot)
    assert register.write() == 1
    (path,) = (tmp_path / "answers").iterdir()
    found = read(path)
    assert (found.student, found.lesson, found.predictions[0].step) == ('Asha "../x"', "tour", 3)
    assert found.predictions[0].text == "2"
