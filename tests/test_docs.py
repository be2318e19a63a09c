"""The documents name files and functions that exist."""

import re
from pathlib import Path

import pytest

from kbview import __version__

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
PLACES = ("", "kbview/", "kbview/emulator/", "kbview/emulator/kernel/", "kbview/sources/", "docs/")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_each_link_leads_to_a_file(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link


def test_the_index_names_every_document() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "docs").iterdir():
        assert path.name == "README.md" or f"({path.name})" in index or path.name == "images", path.name


def test_each_promise_of_security_names_tests_that_exist() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = [row.split("|") for row in text.splitlines() if row.startswith("| ")][1:]
    assert len(rows) > 10
    for _, promise, tests, _ in rows:
        names = re.findall(r"`(tests/[\w/]+\.py)`", tests)
        assert names, promise
        for name in names:
            assert "def test_" in (ROOT / name).read_text(encoding="utf-8"), name


def test_each_fault_that_was_found_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    rows = text.partition("## Faults that were found")[2].splitlines()
    rows = [row for row in rows if row.startswith("| ") and "fault | tests" not in row]
    assert len(rows) > 30
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
        assert named, row
        for file, test in named:
            assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), (file, test)


def test_each_truth_has_a_source_and_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "truths.md").read_text(encoding="utf-8")
    rows = [row.strip("| ").split(" | ") for row in text.splitlines() if row.startswith("| ")]
    rows = [row for row in rows if row[0] != "truth"]
    assert len(rows) > 50
    for truth, source, tests in rows:
        assert len(truth) > 20
        assert len(source) > 8, truth
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", tests)
        assert named, truth
        for file, test in named:
            assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), (file, test)


def test_the_citation_has_the_programs_version() -> None:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {__version__}\n" in text


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
