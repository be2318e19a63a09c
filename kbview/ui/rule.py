"""A rule: the line that begins a part of the screen, with its title and a few words at the right."""

from kbview.ui.escape import clean
from kbview.ui.row import Row, cut, spread


def rule(name: str, right: str, width: int, focused: bool = False) -> Row:
    """The focused part's line is bright."""
    line = "accent" if focused else "rule"
    left: Row = [("─ ", line), (cut(clean(name), max(4, width - 8)), "title"), (" ", line)]
    return spread(left, [(f" {right} ", "dim"), ("─", line)] if right else [], width, ("─", line))
