"""Every bundled lesson is walked to its end, and each of its slides fits the rows that it has."""

import pytest

from kbview.lesson.shelf import ShelvedLesson, lessons
from kbview.state.slide import Slide
from kbview.tape.source import SourceError
from kbview.ui.lesson_rows import ROWS, draw, height
from kbview.ui.row import Size, text_of
from tests.lesson.walking import Walk

BUNDLED = [each for each in lessons("")[0] if not each.own]


@pytest.mark.parametrize("shelved", BUNDLED, ids=lambda each: each.lesson.id)
def test_a_lesson_is_walked_to_its_end(shelved: ShelvedLesson) -> None:
    walk = Walk(shelved.path)
    seen = 0
    while True:
        slide = walk.tutor.slide
        assert slide is not None
        assert not slide.running
        assert fits(slide)
        if slide.asks:
            walk.reached(walk.tutor.answer("1"))
            continue
        assert "The model cannot" not in slide.verdict
        assert not slide.question or "The model: " in slide.verdict
        seen += 1
        try:
            walk.reached(walk.tutor.forward())
        except SourceError as error:
            assert "the last step" in str(error)
            break
    assert seen == len(shelved.lesson.steps)


def fits(slide: Slide) -> bool:
    """Whether every word is on the screen: in five rows of 80 columns, in as many of 60 as it needs."""
    words = [slide.because or slide.prose, slide.verdict, slide.question if slide.asks else ""]
    for width in (60, 80):
        rows = draw(slide, Size(width, height(slide, width)))
        drawn = " ".join(" ".join(map(text_of, rows)).split())
        if width == 80 and len(rows) != ROWS:
            return False
        if not all(" ".join(text.split()) in drawn for text in words):
            return False
    return True
