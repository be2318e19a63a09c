"""Values in words, and texts with the values of their queries."""

from kbview.lesson.limits import fill, holes
from kbview.lesson.query import Lookup, Value, query


def shown(value: Value) -> str:
    """A value as a sentence has it: three digits, thousands by commas; None is `unknown`."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if abs(value) >= 1000:
        digits = 3 - len(f"{abs(value):.0f}")
        return f"{round(value, digits):,.0f}" if not value.is_integer() else f"{value:,.0f}"
    return f"{value:.3g}"


def worded(text: str, lookup: Lookup) -> str:
    """The text in a single line, each query in braces replaced by its value."""
    values = [shown(query(each).value(lookup)) for each in holes(text)]
    return " ".join(fill(text, values).split())
