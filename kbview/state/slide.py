"""A slide: a step of a lesson as a screen shows it, and the place in a lesson. Both can be sent."""

import msgspec


class LessonPlace(msgspec.Struct, frozen=True):
    """A step of a lesson, numbered from 0.

    `answer` is the reader's prediction as it was typed, "" if the reader passed; None before that.
    """

    lesson: str
    step: int = 0
    answer: str | None = None


class Slide(msgspec.Struct, frozen=True):
    """The texts of a step. `steps` is their number in the lesson.

    `question` is asked, with its `choices`, while `place.answer` is None. `verdict` compares the answer
    with the model, "" before. `running`: the state is being brought about; figures stand as `…`.
    `look` names the parts of the screen to light; the others are dimmed, if there are any.
    """

    place: LessonPlace
    title: str
    steps: int
    prose: str
    question: str = ""
    choices: tuple[str, ...] = ()
    unit: str = ""
    verdict: str = ""
    because: str = ""
    look: tuple[str, ...] = ()
    running: bool = False

    @property
    def asks(self) -> bool:
        """Whether a prediction is wanted now."""
        return bool(self.question) and self.place.answer is None and not self.running
