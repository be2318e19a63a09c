"""Scenario keys: how a setting is declared, checked, refused and listed.

Each mechanism declares the keys that it reads, in its own file, in a dataclass derived from `Keys`:

    @dataclass(frozen=True, kw_only=True)
    class QdiscSettings(Keys):
        txqueuelen: Annotated[int, number("frames a queueing discipline holds", ge=1, le=MOST)] = 1000

A mechanism that reads keys of others derives from their classes. `settings.py` composes all of them
to the flat `[settings]` of a scenario. They are dataclasses, because a
msgspec.Struct cannot have two bases with fields.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from ipaddress import ip_network
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

MOST = 2_147_483_647  # of the kernel's own knobs, which are ints
MOST_WHOLE = 10**15  # of counts that the kernel does not bound
_UNITS = {"bytes": "bytes", "us": "us", "usecs": "us", "mhz": "MHz", "gbps": "Gb/s", "pps": "frames/s"}
_TRUTH = ("true", "false")
_LONGEST = 60  # characters of a value that a refusal repeats
_EXACT_BITS = 64  # longer integers are not repeated in decimal

Part = TypeVar("Part", bound="Keys")


class ScenarioError(Exception):
    """A scenario that cannot be: one line with the key, its value and the range to use instead."""


class DeclaredKey(NamedTuple):
    """One declared key. `limits` is None for a key that takes no number; `words` are its choices."""

    name: str
    default: Any
    meaning: str
    unit: str
    limits: tuple[float, float] | None
    words: tuple[str, ...]
    power_of_two: bool
    module: str
    whole: bool = False  # whether it takes whole numbers only
    is_prefix: bool = False  # whether it takes the prefix of addresses, or nothing

    @property
    def bounds(self) -> str:
        """The values that the key may have: `1 to 128`, `"read" or "epoll"`, `true or false`."""
        texts = [listing(self.words)] if self.words else []
        if self.is_prefix:
            texts.append('a prefix such as "10.0.0.0/8"')
        if self.limits is not None:
            kind = "powers of two, " if self.power_of_two else ""
            texts.insert(0, f"{kind}{shown(self.limits[0])} to {shown(self.limits[1])}")
        return ", or ".join(texts)

    def check(self, value: Any) -> None:
        """Refuse a value outside the bounds. A value of a wrong type is left to the conversion."""
        if isinstance(value, str) and self.words not in ((), _TRUTH) and value not in self.words:
            raise ScenarioError(f"{self.name} = {quoted(value)} is unknown; use {listing(self.words)}")
        if self.is_prefix and isinstance(value, str) and value:
            check_prefix(self.name, value)
        if isinstance(value, list | tuple):
            for each in value:
                self.check(each)
        if isinstance(value, int | float) and not isinstance(value, bool) and self.limits is not None:
            least, most = self.limits
            if not least <= value <= most:
                raise ScenarioError(f"{self.name} = {shown(value)} is out of range; use {self.bounds}")
            if self.power_of_two and isinstance(value, int) and value & (value - 1):
                below = 1 << (value.bit_length() - 1)
                raise ScenarioError(
                    f"{self.name} = {value} is not a power of two; use {below} or {below * 2}"
                )


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Settings that one mechanism reads. Making one with a value out of bounds raises ScenarioError."""

    def __post_init__(self) -> None:
        for key in keys_of(type(self)):
            key.check(getattr(self, key.name))
        self.check_together()

    def check_together(self) -> None:
        """Refuse values that exclude each other. An override calls its super() as well."""

    def part(self, kind: type[Part]) -> Part:
        """These settings, typed as the keys of one mechanism; TypeError if they lack its keys."""
        if not isinstance(self, kind):
            raise TypeError(f"{type(self).__name__} has no keys of {kind.__name__}")
        return self


def number(
    meaning: str, unit: str = "", *, ge: float, le: float, power_of_two: bool = False
) -> msgspec.Meta:
    """The declaration of a number. The unit may be left out if the key's name ends in it."""
    extra = {"unit": unit, "power_of_two": power_of_two}
    return msgspec.Meta(ge=ge, le=le, description=meaning, extra=extra)


def meaning(text: str) -> msgspec.Meta:
    """The declaration of a key without a number: its meaning."""
    return msgspec.Meta(description=text)


def prefix(text: str) -> msgspec.Meta:
    """The declaration of a key that takes the prefix of IP addresses."""
    return msgspec.Meta(description=text, extra={"is_prefix": True})


_KNOWN: dict[type[Keys], tuple[DeclaredKey, ...]] = {}


def keys_of(kind: type[Keys]) -> tuple[DeclaredKey, ...]:
    """The keys that a class declares or inherits, in the order of their declaration."""
    if kind not in _KNOWN:
        _KNOWN[kind] = _described(kind)
    return _KNOWN[kind]


def _described(kind: type[Keys]) -> tuple[DeclaredKey, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(
        _key(kind, field.name, None if field.default is MISSING else field.default, hints[field.name])
        for field in fields(kind)
        if not any(
            isinstance(part, type) and issubclass(part, Keys) for part in _parts(hints[field.name])
        )
    )


def check_raw(kind: type[Keys], raw: Mapping[str, Any]) -> None:
    """Check values before they are converted: ScenarioError for the first out of bounds."""
    for key in keys_of(kind):
        if key.name in raw:
            key.check(raw[key.name])


def _key(kind: type[Keys], name: str, default: Any, hint: Any) -> DeclaredKey:
    parts = list(_parts(hint))
    metas = [part for part in parts if isinstance(part, msgspec.Meta)]
    extras = [meta.extra for meta in metas if meta.extra]
    units = [extra["unit"] for extra in extras if extra.get("unit")]
    limits = [(meta.ge, meta.le) for meta in metas if meta.ge is not None and meta.le is not None]
    words = tuple(part for part in parts if isinstance(part, str))
    declared = next(each for each in kind.__mro__ if name in vars(each).get("__annotations__", {}))
    return DeclaredKey(
        name,
        default,
        next((meta.description for meta in metas if meta.description), ""),
        units[0] if units else _UNITS.get(name.rpartition("_")[2], ""),
        limits[0] if limits else None,
        words or (_TRUTH if bool in parts else ()),
        any(extra.get("power_of_two") for extra in extras),
        declared.__module__,
        int in parts and float not in parts,
        any(extra.get("is_prefix") for extra in extras),
    )


def _parts(hint: Any) -> Iterator[Any]:
    """The parts of an annotation: types, the words of a Literal, and the Meta of an Annotated."""
    if get_origin(hint) in (Annotated, Literal, Union, UnionType, tuple):
        for each in get_args(hint):
            yield from _parts(each)
    else:
        yield hint


def check_prefix(key: str, text: str) -> None:
    """Refuse a text that is not the prefix of addresses: ScenarioError."""
    try:
        ip_network(text)
    except ValueError:
        raise ScenarioError(
            f'{key} = {quoted(text)} is no prefix; use "10.0.0.0/8" or another'
        ) from None


def listing(words: tuple[str, ...]) -> str:
    """`"a", "b" or "c"`."""
    *others, last = (word if word in _TRUTH else f'"{word}"' for word in words)
    return f"{', '.join(others)} or {last}" if others else last


def shown(value: float) -> str:
    """A number as text, never longer than a line takes."""
    if isinstance(value, int) and value.bit_length() > _EXACT_BITS:
        return f"a number of more than {(value.bit_length() - 1) * 30103 // 100000} digits"
    return str(value) if isinstance(value, int) else f"{value:.10g}"


def quoted(text: str) -> str:
    """A word in quotation marks, shortened if it is long, with control characters escaped."""
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
    return '"' + "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut) + '"'
