"""A sample of scripts/matrix.py; docs/reliability.md has the figures of all of it."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "matrix.py"


@pytest.fixture(scope="module")
def matrix() -> ModuleType:
    spec = importlib.util.spec_from_file_location("matrix", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_terminals_open_and_are_given_back(matrix: ModuleType) -> None:
    found = matrix.terminals(19)  # meets all terminals, sizes and locales
    assert found["opened"] == found["ended with 0"] == found["gave the terminal back"] == 6
    assert found["colour in spite of NO_COLOR"] == 0
    assert found["beyond ASCII in the C locale"] == found["traceback"] == 0


def test_each_ending_has_its_code(matrix: ModuleType) -> None:
    found = matrix.endings(18)
    assert found["ended"] == found["its exit code"] == 6
    assert found["not given back"] == 0


def test_damaged_tapes_are_read_up_to_there_or_refused(matrix: ModuleType) -> None:
    found = matrix.damaged(20)
    assert found["damaged tapes"] == found["reported"] + found["refused in a line"] == 30
    assert found["a mistake of kbview"] == 0
