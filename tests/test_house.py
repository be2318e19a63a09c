"""What the house promises of its own files."""

import ast
import re
from pathlib import Path

import pytest

from kbview import __version__
from kbview.emulator.cost import Confidence
from kbview.sources.emulated import profile

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "kbview").rglob("*.py"))
# Over 300 lines, and why: one machine of contexts whose parts share a clock.
LONG = {"core.py"}
LONGEST_FUNCTION = 40


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree) or not tree.body
    assert len(text.splitlines()) <= 300 or path.name in LONG
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("name", profile.names())
def test_no_number_without_a_source(name: str) -> None:
    rows = profile.load(name).steps
    assert rows
    for step, row in rows.items():
        assert row.source.strip(), step
        assert row.confidence in Confidence


def test_the_readme_has_the_two_commands_and_the_changelog_this_version() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "./run " in readme
    assert "./test " in readme
    for link in re.findall(r"\]\(([^)#]+)\)", readme):
        assert (ROOT / link).exists(), link
    assert f"## {__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
