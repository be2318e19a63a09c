"""What the library says of a wrong kind of value, in the words of a user."""

import msgspec
import pytest

from kbview.emulator.wrong_value import sentence


class Inner(msgspec.Struct, frozen=True):
    many: tuple[int, ...] = ()
    least: float = 0.0


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    size: int
    name: str | None = None
    inner: Inner = Inner()
    on: bool = False


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"size": "x"}, "size: write a whole number, not text"),
        ({"size": 1, "name": 5}, "name: write text or nothing, not a whole number"),
        ({"size": 1, "inner": {"many": [1, "x"]}}, "inner.many[1]: write a whole number, not text"),
        ({"size": 1, "inner": {"many": 7}}, "inner.many: write a list, not a whole number"),
        ({"size": 1, "inner": {"least": "x"}}, "inner.least: write a number, not text"),
        ({"size": 1, "inner": []}, "inner: write a table, not a list"),
        ({"size": 1, "on": "yes"}, "on: write true or false, not text"),
        ({}, "size is missing"),
        ({"size": 1, "sise": 2}, "unknown key sise"),
    ],
)
def test_the_place_and_both_kinds_are_named(raw: object, said: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(raw, Outer)
    assert sentence(caught.value) == said
