"""An axis of a sweep: a scenario key, and the values that it takes one after the other."""

import msgspec

from kbview.emulator.keys import DeclaredKey, ScenarioError, quoted
from kbview.emulator.scenario import nearest, reference

ALIASES = {"rate": "rate_pps"}  # flags whose name is not that of their key
MOST_VALUES = 1000
_INSTEAD = {  # keys that a flag of the sweep stands for
    "datapath": "use --datapath a,b",
    "seed": "use --seeds N",
    "name": "it changes nothing",
    "summary": "it changes nothing",
}


class Axis(msgspec.Struct, frozen=True):
    """`key` is spelled as for `--set`. Values are numbers or words, in the order of their use."""

    key: str
    unit: str
    values: tuple[float | str, ...]

    @property
    def title(self) -> str:
        """The key with its unit."""
        return f"{self.key} [{self.unit}]" if self.unit else self.key

    @property
    def numeric(self) -> bool:
        """Whether all values are numbers."""
        return not any(isinstance(value, str) for value in self.values)

    def changes(self, value: float | str) -> tuple[str, str]:
        """Key and value as an override of the scenario."""
        return self.key, value if isinstance(value, str) else repr(value)


def declared(name: str) -> tuple[str, DeclaredKey]:
    """The full spelling and the declaration of a key or a flag's name.

    Errors: ScenarioError, with the nearest name, for an unknown key and for a key that has a flag.
    """
    full = ALIASES.get(name, name)
    section, _, bare = full.rpartition(".")
    if bare in _INSTEAD:
        raise ScenarioError(f"{bare} cannot be swept; {_INSTEAD[bare]}")
    wanted = "traffic" if section == "flood" else section
    known = [key for where, key in reference() if not section or where == wanted]
    for key in known:
        if key.name == bare:
            return full, key
    names = [*(key.name for key in known or [key for _, key in reference()]), *ALIASES]
    raise ScenarioError(f"{quoted(name)[1:-1]}: unknown key; {nearest(bare, names)}")


def axis(name: str, values: list[float | str]) -> Axis:
    """An axis of these values, each checked against the key's bounds, each taken once.

    Errors: ScenarioError for an unknown key, a value out of bounds, and too many values.
    """
    full, key = declared(name)
    if len(values) > MOST_VALUES:
        raise ScenarioError(f"{name}: {len(values)} values; use up to {MOST_VALUES}")
    kept = tuple(dict.fromkeys(_fitted(key, value) for value in values))
    for value in kept:
        _check(name, key, value)
    return Axis(full, key.unit, kept)


def _check(name: str, key: DeclaredKey, value: float | str) -> None:
    """Refuse a value of a wrong kind or out of bounds: ScenarioError."""
    if isinstance(key.default, tuple):
        raise ScenarioError(f"{name} cannot be swept; it takes a list of values")
    named = bool(key.words) or isinstance(key.default, str)
    if isinstance(value, str) and (not named or (key.words and value not in key.words)):
        raise ScenarioError(f"{name} = {quoted(value)}: use {key.bounds}")
    if not isinstance(value, str) and key.limits is None:
        raise ScenarioError(f"{name} = {value:g}: use {key.bounds or 'a name'}")
    key.check(value)


def _fitted(key: DeclaredKey, value: float | str) -> float | str:
    """The value in the key's type: a whole number for a key that takes no other."""
    if isinstance(value, str):
        return value
    if key.whole or float(value).is_integer():
        return round(value)
    return value
