"""A value of the wrong kind, in a TOML file or on the command line, as a sentence."""

import re

import msgspec

_EXPECTED = re.compile(r"Expected `([^`]*)`(?:, got `([^`]*)`)?(.*)")
_FIELD = re.compile(r"Object (missing required|contains unknown) field `(.*)`")
_FIELDS = {"missing required": "{} is missing", "contains unknown": "unknown key {}"}
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}


def sentence(error: msgspec.ValidationError) -> str:
    """`settings.ring: write a whole number, not text`: place, kind to write, kind found."""
    text, _, place = str(error).partition(" - at `")
    key = place.removesuffix("`").removeprefix("$").removeprefix(".")
    if found := _EXPECTED.fullmatch(text):
        wanted, got, rest = found.groups()
        text = f"write {_named(wanted)}{rest}" + (f", not {_named(got)}" if got else "")
    elif field := _FIELD.fullmatch(text):
        text = _FIELDS[field[1]].format(field[2])
    return f"{key}: {text}" if key else text


def _named(kinds: str) -> str:
    return " or ".join(_KINDS.get(kind, kind) for kind in kinds.split(" | "))
