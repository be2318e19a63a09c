"""A tape of every schema version that there ever was opens, and tells what was written to it."""

import json
from pathlib import Path

import pytest

from kbview.tape.kbt.schema import SCHEMA
from tests.tape.make_data import DATA, fields
from tests.tape.small import opened

WORDS = [
    ("Copied", "kind"),
    ("RingProduced", "ring"),
    ("RingConsumed", "ring"),
    ("BatchHandedOver", "queue"),
    ("PacketDelivered", "where"),
    ("PacketDropped", "where"),
    ("FrameUnsent", "where"),
]
TAPES = sorted(DATA.glob("schema-*.kbt"))


def test_there_is_one_of_every_version() -> None:
    assert [path.stem for path in TAPES] == [f"schema-{version}" for version in range(1, SCHEMA + 1)]


@pytest.mark.parametrize("path", TAPES, ids=lambda path: path.stem)
def test_it_tells_what_was_written(path: Path) -> None:
    """A class that changed in more than new fields with a default needs a row in FIXUPS."""
    tape = opened(path.read_bytes())
    assert tape.complete
    lines = path.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
    assert tape.length == len(lines)
    for line, record in zip(lines, tape.read(0), strict=True):
        assert within(lifted(json.loads(line)), json.loads(json.dumps(fields(record)))), line


def lifted(line: dict[str, object]) -> dict[str, object]:
    """Version 1 had any text where version 2 has words of a vocabulary, and plain words as reasons."""
    fields = {field: "other" for kind, field in WORDS if kind == line["class"]}
    if "reason" in line:
        fields["reason"] = "NOT_SPECIFIED"
    made_up = {field for field in fields if str(line[field]).startswith("word ")}
    return {**line, **{field: fields[field] for field in made_up}}


def within(old: object, new: object) -> bool:
    """Whether `new` says all that `old` said; it may say more."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and within(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) <= len(new) and all(map(within, old, new))
    return old == new
