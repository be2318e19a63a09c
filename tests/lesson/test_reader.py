"""A lesson file is read whole or refused in one line with its place."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kbview.lesson import shelf
from kbview.lesson.assignment import read as read_assignment
from kbview.lesson.fault import LessonError
from kbview.lesson.limits import MOST_BYTES
from kbview.lesson.reader import read
from tests.lesson.files import HEAD, example, written

STEP = '[[step]]\nprose = "A sentence."\n'
NUMBER = 'kind = "number"\nquestion = "How many?"\n'
LONG = " ".join(["word"] * 46)

WIDE = " ".join(["laboriously"] * 32)


def test_the_example_of_the_document_is_a_lesson(tmp_path: Path) -> None:
    lesson = read(written(tmp_path, example(), "copy"))
    assert (lesson.id, lesson.section, len(lesson.steps)) == ("copy", "3.5", 2)


@pytest.mark.parametrize("reads", [read, read_assignment])
def test_a_pipe_or_a_device_is_refused_at_once(reads: Callable[[Path], object], tmp_path: Path) -> None:
    """A pipe without a writer in a folder of homework does not stop the grading."""
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    for name in ("pipe.toml", "zero.toml"):
        with pytest.raises(LessonError, match=f"{name}: cannot be read: not a regular file"):
            reads(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x", "not TOML"),
        (HEAD, "step is missing"),
        (HEAD + "step = []", "[[step]]: 0 is out of range"),
        (HEAD + "colour = 1\n" + STEP, "unknown key colour"),
        (HEAD.replace("made", "other") + STEP, "the file's name differ"),
        (HEAD.replace("paced-udp", "/etc/passwd") + STEP, "source: use a scenario"),
        (HEAD.replace("paced-udp", "live:eth0") + STEP, "source: use a scenario"),
        (HEAD.replace("paced-udp", "..") + STEP, "source: use a scenario"),
        (HEAD + 'datapath = "dpkd"\n' + STEP, "datapath 'dpkd' is unknown"),
        (HEAD + "[runs.copies]\n" + STEP, "use another name"),
        (HEAD + "[runs.dpdk]\n" + STEP, "use another name"),
        (HEAD + "[runs.fast]\n" + STEP, "[runs.fast] is named by no query; remove it"),
        (HEAD + '[runs.fast]\nuntil = "1s"\n' + STEP, "use a time up to 100ms"),
        (HEAD + "[runs.fast]\nuntil = 1000000\n" + STEP, "use 1 to 200,000 frames"),
        (HEAD + '[[step]]\nprose = ""', "step 1: prose is empty"),
        (HEAD + f'[[step]]\nprose = "{LONG}"', "46 words; use up to 45"),
        (HEAD + f'[[step]]\nprose = "{WIDE}"', "6 rows of 80 columns"),
        (HEAD + '[[step]]\nprose = "a\\u001b[31mb"', "a character that cannot be printed"),
        (HEAD + '[[step]]\nprose = "a\\u202eb"', "a character that cannot be printed"),
        (HEAD + '[[step]]\nprose = "{exit()}"', "`exit()` is not allowed"),
        (HEAD + STEP + 'claims = ["1 == 1"]', "`1 == 1` names no figure"),
        (HEAD + STEP + 'claims = ["fast.work > 1"]', "`fast.work`: unknown name"),
        (HEAD + STEP + '[step.bring]\nuntil = "tea time"', "step 1: until = 'tea time'"),
        (HEAD + STEP + '[step.bring]\nuntil = "2s"', "for up to 100 ms"),
        (HEAD + STEP + '[step.bring]\nuntil = "50%"', "until = '50%'"),
        (HEAD + STEP + '[step.bring]\npace = "3us"', "1, 2 or 5 times"),
        (HEAD + STEP + '[step.bring]\nview = "desk"', "view = 'desk'"),
        (HEAD + STEP + f'[step.prediction]\n{NUMBER}answer = "work"', "a number needs tolerance"),
        (HEAD + STEP + f'[step.prediction]\n{NUMBER}tolerance = 0.1\nanswer = "42"', "names no figure"),
        (HEAD + STEP + '[step.prediction]\nkind = "larger"\nquestion = "?"\nchoices = ["a", "b"]\n'
         'answer = ["work"]', "2 choices and 1 queries"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(LessonError) as refused:
        read(written(tmp_path, text))
    assert str(refused.value).startswith("made.toml: ")
    assert reason in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_file_that_is_too_large_or_too_deep_is_refused(tmp_path: Path) -> None:
    for text in ("#" * (MOST_BYTES + 1), "a = " + "[" * 9_000, "a" + ".a" * 20_000 + " = 1"):
        with pytest.raises(LessonError):
            read(written(tmp_path, text))


def test_a_translation_changes_texts_alone(tmp_path: Path) -> None:
    path = written(tmp_path, example(), "copy")
    told = 'title = "read() und die Kopie"\n[[step]]\nprose = "Eins."\n[[step]]\nprose = "Zwei."\n'
    choices = '[step.prediction]\nquestion = "Was?"\nchoices = ["der Kernel", "DPDK"]\n'
    written(tmp_path, told + choices, "copy.de")
    plain, german = read(path), read(path, "de")
    assert german.title == "read() und die Kopie"
    assert german.steps[0].prose == "Eins."
    assert german.steps[1].prediction is not None
    assert german.steps[1].prediction.choices == ["der Kernel", "DPDK"]
    assert [step.claims for step in german.steps] == [step.claims for step in plain.steps]
    assert read(path, "fr") == plain


def test_a_translation_that_lacks_a_step_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, example(), "copy")
    written(tmp_path, 'title = "x"\n[[step]]\nprose = "Eins."\n', "copy.de")
    with pytest.raises(LessonError, match=r"copy\.de\.toml: 1 steps; the lesson has 2"):
        read(path, "de")


def test_a_lesson_of_ones_own_is_listed_and_a_clash_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled, own = tmp_path / "bundled", tmp_path / "kbview" / "lessons"
    bundled.mkdir()
    own.mkdir(parents=True)
    written(bundled, HEAD.replace("made", "copy") + STEP, "copy")
    written(own, HEAD.replace("made", "copy").replace("Made", "Mine") + STEP, "copy")
    written(own, HEAD + STEP)
    written(own, "x", "broken")
    monkeypatch.setattr(shelf, "_bundled", lambda: bundled)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    found, faults = shelf.lessons()
    assert [each.lesson.title for each in found] == ["Mine", "Made"]
    assert "replaces the bundled lesson copy" in found[0].note
    assert [fault.partition(":")[0] for fault in faults] == ["broken.toml"]
    with pytest.raises(LessonError, match="not TOML"):
        shelf.find("broken")
    with pytest.raises(LessonError, match="no such lesson; use one of copy, made"):
        shelf.find("nothing")


@pytest.mark.parametrize(
    ("value", "tongue"), [("de_DE.UTF-8", "de"), ("C", ""), ("", ""), ("POSIX", ""), ("../x", "")]
)
def test_the_language_of_the_environment(
    value: str, tongue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", value)
    assert shelf.language() == tongue
