"""Makes the tape of the present schema version for tests/tape/data: every class of event, and samples.

    python -m tests.tape.make_data

Beside it stands what is on it, as lines of JSON. Files of older versions are never made anew.
"""

import json
import sys
from pathlib import Path

import msgspec

from kbview.tape import events as ev
from kbview.tape.kbt.schema import SCHEMA
from tests.tape.small import records, written

DATA = Path(__file__).parent / "data"


def fields(record: ev.Event) -> dict[str, object]:
    """A record by the names of its fields, with its class."""
    values = {name: getattr(record, name) for name in record.__struct_fields__}
    plain: dict[str, object] = msgspec.to_builtins(values)
    return {"class": type(record).__name__, **plain}


def main() -> None:
    """Write both files, unless they are there."""
    tape = DATA / f"schema-{SCHEMA}.kbt"
    if tape.exists():
        sys.exit(f"{tape.name} exists; raise SCHEMA in kbview/tape/kbt/schema.py first")
    tape.write_bytes(written(records(), 24))
    lines = [json.dumps(fields(record)) for record in records()]
    tape.with_suffix(".jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
