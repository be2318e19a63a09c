"""The documents name files and functions that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PLACES = ("", "kbview/", "kbview/emulator/", "kbview/emulator/kernel/", "kbview/sources/", "docs/")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_each_link_leads_to_a_file(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link


def test_the_architecture_names_files_that_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    names = re.findall(r"`([\w./]+(?:\.py|\.toml|/))`", text)
    assert len(names) > 20
    for name in names:
        assert any((ROOT / place / name).exists() for place in PLACES), name


def test_the_architecture_names_functions_that_their_files_define() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| 3\.\d \|[^|]+\| `(\w+)\.(\w+)`[^|]*\| `([\w/]+\.py)`", text, re.MULTILINE)
    assert len(rows) > 5
    for kind, function, file in rows:
        source = (ROOT / "kbview" / "emulator" / file).read_text(encoding="utf-8")
        assert f"class {kind}" in source, (kind, file)
        assert f"def {function}(" in source, (function, file)
