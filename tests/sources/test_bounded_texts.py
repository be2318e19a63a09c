"""Text from outside is bounded before it is understood: a line of a trace, a TOML file."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kbview.cli.main import main
from kbview.sources.trace.text.reader import TraceReader, bounded_lines

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LINE = (
    "  python-4711    [000] d.s4.  4529.792784: sched_waking: comm=python pid=4711 prio=120 CPU:000\n"
)


def test_a_long_line_is_cut_and_the_next_is_whole() -> None:
    lines = list(bounded_lines(io.StringIO("x" * 100_000 + "\n" + LINE)))
    assert lines == ["x" * 16_384, LINE]


def test_a_text_that_never_ends_its_line_is_refused_before_it_fills_memory() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: "WriteableBuffer", /) -> int:
            assert self.given < 1_200_000, "the text is read on without a bound"
            length = len(memoryview(buffer))
            memoryview(buffer)[:] = b"x" * length
            self.given += length
            return length

    endless = Endless()
    text = io.TextIOWrapper(io.BufferedReader(endless))
    with pytest.raises(ValueError, match="no kernel trace"):
        TraceReader(text)
    assert endless.given >= 1 << 20


def test_such_a_trace_is_one_line_of_refusal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trace.txt"
    path.write_text(LINE + "x" * 1_200_000)
    assert main(["run", str(path)]) != 0
    err = capsys.readouterr().err
    assert "trace.txt: cannot be read: a line has more than 1,048,576 characters" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("#" * 3 + "\n" + "# padding\n" * 110_000, "larger than 1,048,576 bytes"),
        ("a" * 100_000 + " = 1\n", "line 1 has more than 4096 characters"),
        ("a = " + "[" * 3000 + "]" * 1000, "nested too deeply"),
        ("a = " + "[\n" * 20_000 + "]" * 4000, "nested too deeply"),
    ],
    ids=["size", "line", "depth", "depth over lines"],
)
@pytest.mark.parametrize("kind", ["scenario", "profile"])
def test_a_toml_file_is_bounded(
    kind: str, text: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    words = [str(path)] if kind == "scenario" else ["paced-udp", "--profile", str(path)]
    assert main(["run", *words, "--until", "5"]) in (2, 3)
    err = capsys.readouterr().err
    assert reason in err
    assert len(err) < 5000
    assert len(err.splitlines()) == 1


def test_a_toml_file_without_an_end_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "zero.toml"
    path.symlink_to("/dev/zero")
    assert main(["run", str(path)]) == 3
    assert "larger than" in capsys.readouterr().err
