"""A query computes with names of figures, and with nothing else."""

import pytest

from kbview.lesson.fault import LessonError
from kbview.lesson.query import LONGEST, Value, query
from kbview.lesson.readings import SINGLE, check_name
from tests.lesson.files import DOCUMENT

VALUES: dict[str, Value] = {"a": 6.0, "b.c": 2.0, "text": "dpdk", "unknown": None, "zero": 0.0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a + b.c * 2 - 1", 9.0),
        ("(a + b.c) / 4", 2.0),
        ("-a", -6.0),
        ("0.9 < a / b.c / 3 < 1.1", True),
        ("a < 3 or b.c >= 2", True),
        ("not a == 6", False),
        ('text == "dpdk"', True),
        ('text != "dpdk" and a > 1', False),
        ("1e400", None),
        ("a / zero", None),
        ("unknown + 1", None),
        ("unknown > 1 or a > 1", None),
    ],
)
def test_value(text: str, value: Value) -> None:
    assert query(text).value(VALUES.__getitem__) == value


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "a()", "a[0]", "a ** 9", "a // 2", "a % 2", "a << 9", "lambda: 1",
        "[a]", "{a}", "a if a else a", "True", "None", "...", "b'x'", "1j", "a is a", "a in b",
        "f'{a}'", "x := 1", "*a",
        "a; b", "", " ", "import os", "'x'.join", "(1).real", "~a", "+a", "\x00", "a\nb",
        "-" * 150 + "a", "a" * (LONGEST + 1), "a+" * 99 + "a",
    ],
)  # fmt: skip
def test_everything_else_is_refused_in_a_line(text: str) -> None:
    with pytest.raises(LessonError) as refused:
        query(text)
    assert str(refused.value).isprintable()


def test_a_text_beside_a_number_is_refused_when_it_is_asked() -> None:
    with pytest.raises(LessonError, match="a text beside a number"):
        query("text > 1").value(VALUES.__getitem__)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("deliverd", "did you mean delivered?"),
        ("step.copy_to_usr.count", "did you mean copy_to_user?"),
        ("step.copy_to_user", "not 2"),
        ("ring.rx.level", "ring.rx.level"),
        ("drop.socket.NOTHING", "drop.socket.NOTHING"),
        ("core64.user", "0 to 63"),
        ("core0.users", "did you mean user?"),
        ("os.system", "unknown name"),
    ],
)
def test_an_unknown_name_is_refused_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(LessonError) as refused:
        check_name(name)
    assert hint in str(refused.value)


def test_the_document_lists_every_single_name() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [name for name in SINGLE if f"`{name}`" not in text] == []


@pytest.mark.filterwarnings("error")
def test_a_query_that_python_would_warn_about_says_nothing_else() -> None:
    assert query(r'text == "\d"').value(VALUES.__getitem__) is False
