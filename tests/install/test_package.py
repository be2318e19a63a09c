"""An installed copy has every recording that a bare name opens, and no script."""

import tomllib
from pathlib import Path

from kbview.cli.library import SourceLibrary
from tests.cli.test_library import opened

ROOT = Path(__file__).parents[2]
WHEEL = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"][
    "targets"
]["wheel"]


def test_each_recording_that_is_listed_is_in_the_wheel() -> None:
    """`kbview lab.kbt` opens it in any folder; scripts/bare.py tries an installed wheel."""
    shelf = opened("paced-udp").offers.library
    assert isinstance(shelf, SourceLibrary)
    listed = {item.word for item in shelf.shelf() if item.kind == "recording"}
    packed = {Path(target).name for target in WHEEL["force-include"].values()}
    assert listed == packed
    assert {
        path.name for path in (ROOT / "recordings").iterdir() if path.suffix in (".pcap", ".kbt")
    } == packed


def test_no_script_of_the_recordings_is_in_the_wheel() -> None:
    assert WHEEL["packages"] == ["kbview"]
    assert not any(name.endswith((".py", ".md")) for name in WHEEL["force-include"])
    assert all((ROOT / name).is_file() for name in WHEEL["force-include"])
