"""The reference pages are written from the code, and are current."""

import subprocess
import sys
from pathlib import Path

import msgspec

from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.event import Meaning
from kbview.tape.meter import Meters
from kbview.tape.steps import STEPS

ROOT = Path(__file__).parents[2]


def test_the_reference_pages_are_current() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "reference.py"), "--check"]
    here = {"PYTHONPATH": str(ROOT)}
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=here, check=False)
    assert found.returncode == 0, found.stderr


def test_every_event_is_on_the_page_with_its_fields() -> None:
    page = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    for kind in ev.EVENTS:
        section = page.split(f"### {kind.__name__}\n")[1].split("\n### ")[0]
        assert kind.meaning.why in section
        for field in kind.__struct_fields__[1:]:
            assert f"`{field}`" in section


def test_every_step_is_on_the_page_with_its_stations() -> None:
    page = (ROOT / "docs" / "steps.md").read_text(encoding="utf-8")
    for name, step in STEPS.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
        assert step.why in row
        assert row.endswith(f"| {', '.join(step.stations)} |")


def test_a_new_event_is_one_class() -> None:
    class BatchShown(ev.Event):
        """A batch was shown."""

        count: int
        meaning = Meaning("show()", "A batch was shown.")

        def change(self, meters: Meters) -> None:
            meters.polls += self.count

    meters, event = Meters(), BatchShown(5, 3)
    event.change(meters)
    assert meters.polls == 3
    assert event.level is Detail.STEPS
    assert BatchShown.__struct_fields__ == ("time_ps", "count")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=BatchShown) == event
