"""The schema of a tape's records: its version, and how tables of older versions become today's.

A new event class, a new field with a default and a new word of a vocabulary need no new version: tables
name their columns, and readers know words of later versions as OTHER. Any other change of a class (a
field renamed, removed, or given another meaning) raises SCHEMA by one and gets a row in FIXUPS.
`tests/tape/data` has a tape of every version. Version 3 brought planes (plane.py) for whole numbers
without a pattern, version 4 tables with times of their own instead of an order (columns.py); no class
changed.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from kbview.tape.vocabulary import CopyKind, Place, RingKind, reason_of

SCHEMA = 4

Table = dict[str, Any]  # a column is a list, or the planes of whole numbers
Fix = Callable[[Table], tuple[str, Table]]
# Fields that were any text in version 1 and are words of a vocabulary since version 2.
_WORDS: dict[str, dict[str, Callable[[str], str]]] = {
    "Copied": {"kind": CopyKind},
    "RingProduced": {"ring": RingKind},
    "RingConsumed": {"ring": RingKind},
    "BatchHandedOver": {"queue": RingKind},
    "PacketDelivered": {"where": Place},
    "PacketDropped": {"where": Place, "reason": reason_of},
    "FrameUnsent": {"where": Place, "reason": reason_of},
}


def _worded(name: str, words: dict[str, Callable[[str], str]]) -> Fix:
    """The fix-up of a class whose fields `words` were any text."""

    def fix(table: Table) -> tuple[str, Table]:
        lifted = {field: list(map(word, table[field])) for field, word in words.items()}
        return name, {**table, **lifted}

    return fix


# Class name in the old tape; the first version that does not need this row; its new name and columns.
# Columns of whole numbers hold differences or planes.
FIXUPS: list[tuple[str, int, Fix]] = [(name, 2, _worded(name, words)) for name, words in _WORDS.items()]


def fixed_up(name: str, raw: msgspec.Raw, schema: int) -> tuple[str, msgspec.Raw]:
    """A table of version `schema` as one of this version; KeyError or msgspec's errors on nonsense."""
    for old, until, fix in FIXUPS:
        if name == old and schema < until:
            name, table = fix(msgspec.msgpack.decode(raw, type=Table))
            raw = msgspec.Raw(msgspec.msgpack.encode(table))
    return name, raw
