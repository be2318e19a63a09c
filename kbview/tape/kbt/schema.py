"""The schema of what a tape holds: its version, and how tables of older versions become today's.

A new event class and a new field with a default need no new version: tables name their columns. What
else changes a class (a field renamed, removed, or given another meaning) raises SCHEMA by one and gets
a row in FIXUPS; `tests/tape/data` has a tape of every version there was.
"""

from collections.abc import Callable
from typing import Any

import msgspec

SCHEMA = 1

Table = dict[str, list[Any]]
# Class name in the old tape; the first version that does not need this row; its new name and columns.
# Columns of whole numbers hold differences.
FIXUPS: list[tuple[str, int, Callable[[Table], tuple[str, Table]]]] = []


def fixed_up(name: str, raw: msgspec.Raw, schema: int) -> tuple[str, msgspec.Raw]:
    """A table of version `schema` as one of this version; KeyError or msgspec's errors on nonsense."""
    for old, until, fix in FIXUPS:
        if name == old and schema < until:
            name, table = fix(msgspec.msgpack.decode(raw, type=Table))
            raw = msgspec.Raw(msgspec.msgpack.encode(table))
    return name, raw
