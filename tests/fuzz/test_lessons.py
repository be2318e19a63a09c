"""Lesson files are hostile: each is a lesson within its bounds, or is refused in one printable line."""

import tomllib
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbview.lesson import assignment
from kbview.lesson.fault import LessonError
from kbview.lesson.lesson import Lesson
from kbview.lesson.limits import MOST_WORDS
from kbview.lesson.query import query
from kbview.lesson.reader import read
from tests.lesson.files import example

FEW = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
SAMPLE = example().encode()
ANSWERS = b'student = "Asha"\nlesson = "copy"\nseed = 17\n[[prediction]]\nstep = 2\nanswer = "1"\n'


def read_or_refused(folder: Path, data: bytes) -> Lesson | None:
    path = folder / "copy.toml"
    path.write_bytes(data)
    try:
        return read(path)
    except LessonError as error:
        assert str(error).isprintable()
        assert len(str(error)) < 600
        return None


@FEW
@given(
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=20),
    cut=st.integers(0, len(SAMPLE)),
)
def test_changed_and_cut(tmp_path: Path, changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(SAMPLE)
    for place, byte in changes:
        data[place % len(data)] = byte
    lesson = read_or_refused(tmp_path, bytes(data[: cut or len(data)]))
    for step in lesson.steps if lesson else ():
        assert len(step.prose.split()) <= MOST_WORDS


@FEW
@given(
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=12),
    cut=st.integers(0, len(ANSWERS)),
)
def test_answers_of_students(tmp_path: Path, changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(ANSWERS)
    for place, byte in changes:
        data[place % len(data)] = byte
    path = tmp_path / "answers.toml"
    path.write_bytes(data[: cut or len(data)])
    try:
        found = assignment.read(path)
    except LessonError as error:
        assert str(error).isprintable()
    else:
        assert found.student.strip()
        assert 0 <= found.seed_in_force < 1 << 63


@FEW
@given(text=st.text(max_size=220))
def test_any_text_as_a_query(text: str) -> None:
    try:
        found = query(text)
    except LessonError as error:
        assert str(error).isprintable()
    else:
        try:
            found.value(lambda _: 1.0)
        except LessonError as error:
            assert "a text beside a number" in str(error)


@FEW
@given(
    at=st.integers(0, 40),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=8,
    ),
)
def test_a_value_of_another_kind(tmp_path: Path, at: int, value: object) -> None:
    """Each line `key = value` of the sample is given some other value."""
    lines = SAMPLE.decode().splitlines()
    assigned = [number for number, line in enumerate(lines) if " = " in line]
    number = assigned[at % len(assigned)]
    key = lines[number].partition(" = ")[0]
    lines[number] = f"{key} = {_toml(value)}"
    text = "\n".join(lines)
    tomllib.loads(text)
    read_or_refused(tmp_path, text.encode())


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value % 10**15)
        case str():
            return '"' + "".join(letter if letter.isalnum() else "_" for letter in value) + '"'
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case dict():
            return (
                "{"
                + ", ".join(f"k{at} = {_toml(each)}" for at, each in enumerate(value.values()))
                + "}"
            )
        case _:
            return "1.5"
