"""The bundled course: each claim is true of the model, and each statement of the lecture has a step."""

import re
from pathlib import Path

import pytest

from kbview.experiment.pool import Alone
from kbview.experiment.run import Runner
from kbview.lesson.check import check
from kbview.lesson.shelf import ShelvedLesson, lessons

SHELVED, FAULTS = lessons("")
BUNDLED = [each for each in SHELVED if not each.own]
TEACHING = Path(__file__).parents[2] / "docs" / "teaching.md"
_ROW = re.compile(r"\| ([^|]+) \| ([^|]*\d) \| ([^|]*)\|")
_PLACE = re.compile(r"\b([a-z][a-z-]*) (\d+)\b")


def test_no_bundled_file_is_refused() -> None:
    assert FAULTS == []
    assert len(BUNDLED) >= 20


@pytest.mark.parametrize("shelved", BUNDLED, ids=lambda each: each.lesson.id)
def test_every_sentence_of_a_lesson_is_true_of_the_model(shelved: ShelvedLesson) -> None:
    untrue = check(shelved.lesson, str(shelved.path.parent), Runner(Alone()))
    assert [each.text for each in untrue] == []


@pytest.mark.parametrize("shelved", BUNDLED, ids=lambda each: each.lesson.id)
def test_a_lesson_claims_asks_and_names_its_reading(shelved: ShelvedLesson) -> None:
    lesson = shelved.lesson
    assert lesson.reading
    assert sum(len(step.claims) for step in lesson.steps) >= 2
    assert any(step.prediction is not None for step in lesson.steps)
    assert all(step.look for step in lesson.steps)


def test_every_statement_of_the_lecture_has_a_step_that_exists() -> None:
    steps = {each.lesson.id: len(each.lesson.steps) for each in BUNDLED}
    rows = _ROW.findall(TEACHING.read_text())
    assert len(rows) >= 45
    for statement, places, today in rows:
        found = _PLACE.findall(places)
        assert found, statement
        for lesson, step in found + [each for each in _PLACE.findall(today) if each[0] in steps]:
            assert 1 <= int(step) <= steps[lesson], statement


def test_every_lesson_of_the_lecture_is_in_the_table() -> None:
    text = TEACHING.read_text()
    assert [
        each.lesson.id for each in BUNDLED if f"{each.lesson.id} " not in text and each.lesson.order
    ] == []
