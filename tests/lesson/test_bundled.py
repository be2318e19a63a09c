"""Every claim of every bundled lesson is true of the model."""

import pytest

from kbview.lesson.check import check
from kbview.lesson.shelf import TOUR, ShelvedLesson, lessons
from tests.lesson.files import RUNNER

BUNDLED = [each for each in lessons()[0] if not each.own]


def test_all_files_are_lessons_and_the_tour_is_the_first() -> None:
    _, faults = lessons()
    assert faults == []
    assert BUNDLED[0].lesson.id == TOUR


@pytest.mark.parametrize("shelved", BUNDLED, ids=lambda each: each.lesson.id)
def test_every_sentence_is_true(shelved: ShelvedLesson) -> None:
    found = check(shelved.lesson, str(shelved.path.parent), RUNNER)
    assert [each.text for each in found] == []
