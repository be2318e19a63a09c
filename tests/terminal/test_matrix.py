"""A sample of scripts/matrix.py; docs/reliability.md has the figures of all of it."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from scapy.utils import RawPcapReader

ROOT = Path(__file__).parents[2]
CAPTURES = (ROOT / "tests" / "packet" / "reported", ROOT / "recordings")


@pytest.fixture(scope="module")
def matrix() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "scripts")
        yield importlib.import_module("matrix")


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


def lengths_by_scapy(path: Path) -> tuple[int, int]:
    """Packets and the sum of their lengths on the wire, as another program reads them."""
    with RawPcapReader(str(path)) as reader:
        own = [data[1].wirelen for data in reader]
    return len(own), sum(own)


def test_captures_have_the_counts_of_another_reader_and_each_frame_an_end(
    matrix: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matrix.foreign, "_reference", lengths_by_scapy)
    found = matrix.foreign.captures(CAPTURES)
    assert found["captures"] == found["read"] >= 40
    assert found["each arrived frame has an end"] == found["read"]
    # unknown-linktype-beside.pcapng: packets of a link type that kbview does not know are left out
    assert found["equal to capinfos in packets and bytes"] == found["read"] - 1
    assert found["traceback"] == found["hang"] == 0


def test_every_command_of_the_readme_for_a_user_is_run_in_a_bare_system(matrix: ModuleType) -> None:
    found = list(matrix.bare.commands((ROOT / "README.md").read_text(encoding="utf-8")))
    assert found[0] == "./run"
    assert found.index(".venv/bin/pip install textual-serve") < found.index("./run serve overload-udp")
    assert "./run validate" in found
    assert matrix.bare.OTHER_ENDS.keys() <= set(found)
    assert not [command for command in found if "sudo" in command or "root@" in command]
