"""Lesson files that tests write and change."""

import re
from pathlib import Path

from kbview.experiment.pool import Alone
from kbview.experiment.run import Runner
from kbview.lesson.check import Untruth, check
from kbview.lesson.reader import read

DOCUMENT = Path(__file__).parents[2] / "docs" / "lessons.md"
HEAD = 'id = "made"\ntitle = "Made"\nminutes = 1\nsource = "paced-udp"\n'
RUNNER = Runner(Alone())


def example() -> str:
    """The complete example of the document."""
    found = re.search(r"```toml\n(id.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def written(folder: Path, text: str, name: str = "made") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def untruths(folder: Path, text: str, name: str = "made") -> list[Untruth]:
    return check(read(written(folder, text, name)), str(folder), RUNNER)
