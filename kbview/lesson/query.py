"""Queries: arithmetic and comparisons over names of figures, from a text that somebody else wrote.

    0.9 < copied_bytes / delivered / 1400 < 1.1        dpdk.work < kernel.work

Python's grammar reads the text and a whitelist of nodes checks it; no code of the text is ever run.
"""

import ast
import math
import operator
import warnings
from collections.abc import Callable, Iterator
from functools import cache

from kbview.lesson.fault import LessonError

Value = float | bool | str | None
Lookup = Callable[[str], Value]

LONGEST = 200  # characters
_MOST_NODES = 120
_DEEPEST = 30
_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_ORDER: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class Query:
    """An expression that was checked. `names` are the figures it asks for, each once, in order."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._root = _parsed(text)
        self.names = tuple(dict.fromkeys(_names(self._root)))

    def value(self, lookup: Lookup) -> Value:
        """A number, a truth or a text; None if a figure in it has no value.

        Errors: LessonError for an order between a text and a number.
        """
        try:
            return _value(self._root, lookup)
        except TypeError:
            raise LessonError(f"`{self.text}` puts a text beside a number") from None


@cache
def query(text: str) -> Query:
    """The query of a text. Errors: LessonError with the part that is not allowed."""
    return Query(text)


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise LessonError(f"a query of {len(text):,} characters; use up to {LONGEST}")
    try:
        with warnings.catch_warnings(action="ignore"):
            root = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise LessonError(f"`{_printable(text)}` is no query; see docs/lessons.md") from None
    if sum(1 for _ in ast.walk(root)) > _MOST_NODES:
        raise LessonError(f"`{_printable(text)}` is too long; use two claims")
    _check(root, text, 0)
    return root


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _check(node: ast.expr, text: str, depth: int) -> None:
    """Refuse every node that is not on the whitelist: LessonError."""
    if depth > _DEEPEST:
        raise LessonError(f"`{_printable(text)}` is nested too deeply")
    if not _allowed(node):
        shown = _printable(ast.get_source_segment(text.strip(), node) or text)
        raise LessonError(f"`{shown}` is not allowed in a query; see docs/lessons.md")
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.expr):
            _check(part, text, depth + 1)


def _allowed(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=bool()):
            return False
        case ast.Constant(value=int() | float() | str()) | ast.Name() | ast.BoolOp():
            return True
        case ast.Attribute(value=ast.Name() | ast.Attribute()):
            return True
        case ast.UnaryOp(op=ast.USub() | ast.Not()):
            return True
        case ast.BinOp():
            return type(node.op) in _ARITHMETIC
        case ast.Compare():
            return all(type(op) in _ORDER or isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
        case _:
            return False


def _names(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Name | ast.Attribute):
        yield _dotted(node)
        return
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.expr):
            yield from _names(part)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _value(node: ast.expr, lookup: Lookup) -> Value:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant(value=int() | float() as number):
            return _finite(float(number))
        case ast.Name() | ast.Attribute():
            return lookup(_dotted(node))
        case ast.UnaryOp():
            return _unary(node, lookup)
        case ast.BinOp():
            return _arithmetic(node, lookup)
        case ast.Compare():
            return _compared(node, lookup)
        case ast.BoolOp():
            return _joined(node, lookup)
        case _:
            return None


def _unary(node: ast.UnaryOp, lookup: Lookup) -> Value:
    operand = _value(node.operand, lookup)
    if operand is None:
        return None
    if isinstance(node.op, ast.Not):
        return not operand
    return -_number(operand)


def _arithmetic(node: ast.BinOp, lookup: Lookup) -> Value:
    left, right = _value(node.left, lookup), _value(node.right, lookup)
    if left is None or right is None:
        return None
    try:
        return _finite(_ARITHMETIC[type(node.op)](_number(left), _number(right)))
    except ZeroDivisionError:
        return None


def _compared(node: ast.Compare, lookup: Lookup) -> Value:
    values = [_value(part, lookup) for part in (node.left, *node.comparators)]
    if any(value is None for value in values):
        return None
    pairs = zip(node.ops, values[:-1], values[1:], strict=True)
    return all(_holds(op, left, right) for op, left, right in pairs)


def _holds(op: ast.cmpop, left: Value, right: Value) -> bool:
    if isinstance(left, str) is not isinstance(right, str):
        raise TypeError
    if isinstance(op, ast.Eq | ast.NotEq):
        return (left == right) is isinstance(op, ast.Eq)
    return _ORDER[type(op)](_number(left), _number(right))


def _joined(node: ast.BoolOp, lookup: Lookup) -> Value:
    values = [_value(part, lookup) for part in node.values]
    if any(value is None for value in values):
        return None
    return all(values) if isinstance(node.op, ast.And) else any(values)


def _number(value: Value) -> float:
    """The value as a number; TypeError for a text."""
    if value is None or isinstance(value, str):
        raise TypeError
    return float(value)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
