"""The words that may follow on a command line: commands, sources, flags and their values."""

import argparse
from collections.abc import Callable, Iterator

from kbview.cli.main import COMMANDS, HIDDEN, loaded, parser_of

Candidates = dict[str, str]  # a word with its meaning


def candidates(words: list[str]) -> Iterator[tuple[str, str]]:
    """The candidates for the last of the words, with their meaning; the others are complete."""
    *before, typed = words
    found = _found(before, typed)
    head, comma, last = typed.rpartition(",")
    for word, meaning in found.items():
        if word.startswith(typed):
            yield word, meaning
        elif comma and word.startswith(last) and word not in head.split(","):
            yield f"{head},{word}", meaning


def _found(before: list[str], typed: str) -> Candidates:
    named = bool(before) and before[0] in COMMANDS
    parser = parser_of(before[0] if named else "")
    flags = {flag: action for action in parser._actions for flag in action.option_strings}
    last = flags.get(before[-1]) if before else None
    if last is not None and last.nargs != 0:
        return _values(last)
    if typed.startswith("-"):
        return {flag: action.help or "" for flag, action in flags.items()}
    places = [action for action in parser._actions if not action.option_strings]
    found: Candidates = {}
    for action in places:
        found |= _values(action)
    return found if named or before else _commands() | found


def _commands() -> Candidates:
    names = [name for name in COMMANDS if name not in HIDDEN]
    return {name: loaded(*COMMANDS[name]).summary for name in names}


def _values(action: argparse.Action) -> Candidates:
    if action.choices is not None:
        return {str(choice): "" for choice in action.choices}
    return _KNOWN[action.dest]() if action.dest in _KNOWN else {}


def _sections(*names: str) -> Callable[[], Candidates]:
    """The names of some sections of `kbview list`."""

    def found() -> Candidates:
        from kbview.cli.listing import SECTIONS

        return {row["name"]: row["summary"] for name in names for row in SECTIONS[name]()}

    return found


def _settings() -> Candidates:
    from kbview.cli.listing import SECTIONS

    rows = SECTIONS["settings"]()
    return {f"{row['key'].removeprefix('settings.')}=": row["meaning"] for row in rows}


_KNOWN: dict[str, Callable[[], Candidates]] = {
    "source": _sections("scenarios", "recordings"),
    "scenario": _sections("scenarios"),
    "datapath": _sections("datapaths"),
    "profile": _sections("profiles"),
    "overrides": _settings,
}
