"""Rows of CSV on standard output, harmless to a terminal and to a spreadsheet."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from kbview.cli.paper import say


def print_row(row: Sequence[Any]) -> None:
    """A line of CSV; a text that a spreadsheet would take for a formula is quoted by an apostrophe."""
    line = io.StringIO()
    safe = [f"'{cell}" if str(cell)[:1] in "=+@" and str(cell) else cell for cell in row]
    csv.writer(line, lineterminator="\n").writerow(safe)
    say(line.getvalue(), end="")
