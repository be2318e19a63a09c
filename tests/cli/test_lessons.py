"""`kbview lessons`: the list, templates for students, grades with a reason for each point."""

import csv
from pathlib import Path

import pytest

from kbview.cli.main import main
from kbview.lesson.assignment import read, seed_of
from tests.lesson.files import example, written

ANSWERS = (
    'student = "{name}"\nlesson = "copy"\nseed = 3\n[[prediction]]\nstep = 2\nanswer = "{answer}"\n'
)
ONE = ["--fresh", "--jobs", "1"]


@pytest.fixture(autouse=True)
def _own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "data" / "kbview" / "lessons"
    own.mkdir(parents=True)
    written(own, example(), "copy")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def homework(tmp_path: Path) -> Path:
    folder = tmp_path / "homework"
    folder.mkdir()
    for name, answer in (("asha", "1"), ("ben", "DPDK"), ("=1+1", ""), ("dora", "the moon")):
        text = ANSWERS.format(name=name, answer=answer)
        (folder / f"{name.strip('=')}.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_list_has_the_tour_first_and_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lessons"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[0] == "tour"
    assert any(line.split()[0] == "copy" for line in lines)
    assert max(map(len, lines)) < 80


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["nothing"], "no such lesson; use one of tour"),
        (["answers"], "name one lesson"),
        (["grade"], "name a file of answers"),
        (["grade", "/nowhere"], "no such file or folder"),
        (["check", "nothing"], "no such lesson"),
    ],
)
def test_a_wrong_word_is_refused_in_a_line(
    words: list[str], reason: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kbview.ui.terminal.unsuitable", lambda: None)
    assert main(["lessons", *words]) in (2, 3)
    told = capsys.readouterr().err
    assert reason in told
    assert told.count("\n") == 1


def test_a_template_asks_everything_and_holds_no_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lessons", "answers", "copy", "--student", 'Ben "B"']) == 0
    path = tmp_path / "ben.toml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    made = read(path)
    assert (made.student, made.lesson, made.seed) == ('Ben "B"', "copy", seed_of('ben"b"'))
    assert [(each.step, each.answer) for each in made.predictions] == [(2, "")]
    assert "#   1 the kernel" in path.read_text(encoding="utf-8")


def test_each_point_has_a_reason(homework: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lessons", "grade", str(homework), *ONE]) == 0
    lines = capsys.readouterr().out.splitlines()
    told = dict(zip(lines[::2], lines[1::2], strict=True))
    heads = {head.split()[1]: (head.rpartition(": ")[2], why) for head, why in told.items()}
    assert heads["asha"][0] == "1 of 1"
    assert "step 2: 1 of 1. Right. The model: the kernel, " in heads["asha"][1]
    assert "0 of 1. Not so. You: DPDK. The model: the kernel, " in heads["ben"][1]
    assert "0 of 1. No answer. The model: the kernel, " in heads["=1+1"][1]
    assert "0 of 1. 'the moon' is no choice; use 1 to 2" in heads["dora"][1]


def test_the_gradebook_has_a_row_a_student_and_nothing_that_a_spreadsheet_computes(
    homework: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "grades.csv"
    assert main(["lessons", "grade", str(homework), "--csv", str(out), *ONE]) == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {name: row["points"] for name, row in rows.items()} == {
        "asha": "1",
        "ben": "0",
        "'=1+1": "0",
        "dora": "0",
    }
    assert all(row["of"] == "1" and row["seed"] == "3" and row["reasons"] for row in rows.values())
    assert main(["lessons", "grade", str(homework), "--csv", str(out), *ONE]) == 2
    assert "exists; use --force" in capsys.readouterr().err


def test_a_broken_file_is_said_and_the_others_are_graded(
    homework: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (homework / "broken.toml").write_text("x", encoding="utf-8")
    (homework / "path.toml").write_text('student = "a"\nlesson = "../x.toml"\n', encoding="utf-8")
    assert main(["lessons", "grade", str(homework), *ONE]) == 3
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 8
    assert "broken.toml: " in told.err
    assert "path.toml: lesson = '../x.toml': use the name of a lesson" in told.err


def test_the_seed_of_the_student_decides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Poisson arrivals: another seed, another number of packets in the first millisecond."""
    own = tmp_path / "data" / "kbview" / "lessons"
    text = (
        'id = "seeds"\ntitle = "Seeds"\nminutes = 1\nsource = "overload-udp"\n'
        'settings = { "traffic.pattern" = "poisson" }\n'
        '[[step]]\nprose = "a"\n[step.bring]\nuntil = "1ms"\n[step.prediction]\nkind = "number"\n'
        'question = "How many?"\ntolerance = 0.001\nanswer = "arrived"\n'
    )
    written(own, text, "seeds")
    told = []
    for seed in (1, 2, 1):
        path = tmp_path / "one.toml"
        line = f'student = "a"\nlesson = "seeds"\nseed = {seed}\n[[prediction]]\nstep = 1\nanswer = 1\n'
        path.write_text(line, encoding="utf-8")
        assert main(["lessons", "grade", str(path), *ONE]) == 0
        told.append(capsys.readouterr().out.partition("The model: ")[2])
    assert told[0] == told[2] != told[1]
