"""The promises that the house makes of its own files.

`tests/house.toml` lists files and names that are still over a limit, each with its ceiling. The list
only shrinks: KBVIEW_ACCEPT=1 lowers ceilings and drops entries that are no longer needed. It never adds
an entry and never raises a ceiling.
"""

import ast
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from kbview import __version__
from kbview.emulator.cost import Confidence
from kbview.sources.emulated import profile
from tests import measures
from tests.measures import MODULES, ROOT

CEILINGS = Path(__file__).parent / "house.toml"
MEASURES: dict[str, tuple[Callable[[], dict[str, float]], float]] = {
    "pronouns": (measures.pronouns, 0.3),
    "long_sentences": (measures.long_sentences, 0),
    "classes": (measures.classes, 1),
    "modules": (measures.modules, 1),
    "fan_out": (measures.fan_out, 15),
    "entries": (measures.entries, 10),
    "lines": (measures.lines, 300),
    "functions": (measures.functions, 40),
}


def ceilings() -> dict[str, dict[str, float]]:
    return tomllib.loads(CEILINGS.read_text(encoding="utf-8"))


def lowered(found: Mapping[str, float], limit: float, known: Mapping[str, float]) -> dict[str, float]:
    """The ceilings that are still needed, as low as they can be."""
    return {name: min(known[name], found[name]) for name in sorted(known) if found.get(name, 0) > limit}


def accept() -> None:
    """Write the ceilings anew, none of them higher."""
    text, known = CEILINGS.read_text(encoding="utf-8"), ceilings()
    parts = [text[: text.index("[")].rstrip() + "\n"]
    for name, (measure, limit) in MEASURES.items():
        left = lowered(measure(), limit, known[name])
        parts.append("\n".join([f"[{name}]", *(f'"{key}" = {left[key]:g}' for key in left)]) + "\n")
    CEILINGS.write_text("\n".join(parts), encoding="utf-8")


@pytest.mark.parametrize("name", MEASURES)
def test_no_file_and_no_name_is_over_its_limit_and_no_ceiling_is_left_over(name: str) -> None:
    if os.environ.get("KBVIEW_ACCEPT"):
        accept()
    measure, limit = MEASURES[name]
    found, known = measure(), ceilings()[name]
    over = {key: value for key, value in found.items() if value > known.get(key, limit)}
    assert not over, f"over {limit}, or over the ceiling in {CEILINGS.name}"
    left_over = known.keys() - lowered(found, limit, known)
    assert not left_over, f"no longer needed in {CEILINGS.name} (KBVIEW_ACCEPT=1 removes them)"


def test_the_ceilings_are_of_known_measures() -> None:
    assert ceilings().keys() == MEASURES.keys()


def test_a_ceiling_is_lowered_and_dropped_and_never_raised_or_added() -> None:
    known = {"better": 3.0, "fine": 2.0, "worse": 2.0, "gone": 5.0}
    found = {"better": 2.0, "fine": 1.0, "worse": 4.0, "new": 9.0}
    assert lowered(found, 1, known) == {"better": 2.0, "worse": 2.0}


@pytest.mark.parametrize("path", MODULES, ids=measures.name_of)
def test_every_module_says_what_it_is(path: Path) -> None:
    tree = measures.tree(path)
    assert ast.get_docstring(tree) or not tree.body


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
