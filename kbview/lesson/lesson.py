"""A lesson as its file has it: texts, runs, and steps with claims and predictions.

Every field is checked by `kbview.lesson.reader`; docs/lessons.md explains each to authors.
"""

from typing import Literal

import msgspec

Scalar = str | int | float | bool
Setting = Scalar | list[Scalar]
Words = str | list[str]


class Setup(msgspec.Struct, frozen=True):
    """A run from time 0: a source, its datapath (None: its own), overrides as for `--set`."""

    source: str
    datapath: str | None = None
    settings: tuple[tuple[str, str], ...] = ()


class WholeRun(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A run of the experiment engine. None stands for the value at the head of the lesson."""

    source: str | None = None
    datapath: str | None = None
    settings: dict[str, Setting] = {}
    until: str | int | None = None


class Bring(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The state to bring about. A source, a datapath or settings begin a new run."""

    source: str | None = None
    datapath: str | None = None
    settings: dict[str, Setting] = {}
    until: Words = []
    pace: str | None = None
    play: bool = False
    view: str | None = None

    @property
    def anew(self) -> bool:
        """Whether a new run begins."""
        return self.source is not None or self.datapath is not None or bool(self.settings)


class Prediction(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A question that is asked before the state is brought about and answered by the model after."""

    kind: Literal["choice", "number", "larger"]
    question: str
    answer: Words
    choices: list[str] = []
    unit: str = ""
    tolerance: float | None = None
    because: str = ""

    @property
    def answers(self) -> list[str]:
        """The queries: a single query for a number, otherwise a query for each choice."""
        return in_list(self.answer)


class LessonStep(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A few lines beside the running model."""

    prose: str
    look: Words = []
    claims: list[str] = []
    bring: Bring = Bring()
    prediction: Prediction | None = None


class Lesson(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A lesson. `minutes` is the time that its author expects; `section` is of the lecture.

    `order` is its place in a course, from 1; 0 leaves it after all lessons that have a place.
    """

    id: str
    title: str
    minutes: int
    source: str
    steps: list[LessonStep] = msgspec.field(name="step")
    reading: str = ""
    section: str = ""
    order: int = 0
    datapath: str | None = None
    settings: dict[str, Setting] = {}
    runs: dict[str, WholeRun] = {}

    def setup(self, part: Bring | WholeRun) -> Setup:
        """The run that a part of the lesson asks for: the head with the part's own values over it."""
        settings = {**self.settings, **part.settings}
        own = self.datapath if part.source is None else None
        return Setup(
            part.source or self.source,
            part.datapath or own,
            tuple((key, as_override(value)) for key, value in settings.items()),
        )


def in_list(words: Words) -> list[str]:
    """The words as a list; an empty text is none."""
    if isinstance(words, str):
        return [words] if words else []
    return words


def as_override(value: Setting) -> str:
    """A setting as `--set KEY=` takes it."""
    if isinstance(value, list):
        return f"[{', '.join(map(_in_array, value))}]"
    return value if isinstance(value, str) else _in_array(value)


def _in_array(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return msgspec.json.encode(value).decode() if isinstance(value, str) else repr(value)
