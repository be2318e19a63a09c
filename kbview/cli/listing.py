"""`kbview list`: the names that the command line takes, section by section, within 80 columns."""

import argparse
import json
import textwrap
from collections.abc import Callable
from typing import Any

from kbview.cli.command import Command
from kbview.cli.errors import DONE
from kbview.cli.paper import say

WIDTH = 79
_VERSION = 1  # of the JSON
Rows = list[dict[str, Any]]


class List(Command):
    """Prints one section, or all but the settings."""

    name = "list"
    summary = "scenarios, recordings, datapaths, profiles, figures, settings"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "section",
            nargs="?",
            choices=SECTIONS,
            metavar="SECTION",
            help=f"one of {', '.join(SECTIONS)} (default: all but settings)",
        )
        parser.add_argument("--json", action="store_true", help="for programs: an object of sections")

    def run(self, arguments: argparse.Namespace) -> int:
        names = [arguments.section] if arguments.section else [*SECTIONS][:-1]
        sections = {name: SECTIONS[name]() for name in names}
        if arguments.json:
            say(json.dumps({"version": _VERSION, **sections}, indent=2))
            return DONE
        for name, rows in sections.items():
            say(name)
            for row in rows:
                say(_text(row))
        if not arguments.section:
            say("\n`kbview list settings` explains every key of a scenario.")
        return DONE


def _text(row: dict[str, Any]) -> str:
    """A name with its summary; of a setting default, bounds and unit, then its meaning."""
    if "meaning" not in row:
        head = f"  {row['name']:<19} "
        indent = " " * len(head) if len(head) == len(f"  {'':<19} ") else " " * 22
        texts = [row["summary"]]
        if "reading" in row:
            texts += [
                f"serves {', '.join(row['serves'])}",
                *(f"read {each}" for each in row["reading"]),
            ]
        first, *more = texts
        lines = [textwrap.fill(first, WIDTH, initial_indent=head, subsequent_indent=indent)]
        deeper = indent + "  "
        lines += [
            textwrap.fill(t, WIDTH, initial_indent=indent, subsequent_indent=deeper) for t in more
        ]
        return "\n".join(lines)
    default = json.dumps(row["default"])
    facts = " ".join(filter(None, (f"= {default},", row["bounds"], row["unit"])))
    head = f"  {row['key']} {facts}".rstrip(", ")
    lines = textwrap.wrap(head, WIDTH, subsequent_indent=" " * 6, break_long_words=False)
    indent = " " * 6
    meaning = textwrap.wrap(
        row["meaning"], WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False
    )
    return "\n".join([*lines, *meaning])


def _scenarios() -> Rows:
    from kbview.sources.emulated.scenario import scenarios

    return [_named(name, each.summary) for name, each in scenarios().items()]


def _recordings() -> Rows:
    from kbview.sources.resolve import recordings

    return [_named(name, caption) for name, caption in recordings().items()]


def _datapaths() -> Rows:
    from kbview.emulator.datapaths import DATAPATHS

    return [
        {**_named(name, each.summary), "serves": list(each.serves), "reading": list(each.reading)}
        for name, each in DATAPATHS.items()
    ]


def _profiles() -> Rows:
    from kbview.sources.emulated import profile

    return [_named(name, profile.load(name).summary) for name in profile.names()]


def _figures() -> Rows:
    from kbview.experiment.figure import FIGURES

    return [_named(name, f"[{each.unit}] {each.meaning}") for name, each in FIGURES.items()]


def _settings() -> Rows:
    from kbview.emulator.scenario import reference

    return [
        {
            "key": f"{section}.{key.name}" if section else key.name,
            "default": key.default,
            "unit": key.unit,
            "bounds": key.bounds,
            "meaning": key.meaning,
        }
        for section, key in reference()
    ]


def _named(name: str, summary: str) -> dict[str, Any]:
    return {"name": name, "summary": summary}


SECTIONS: dict[str, Callable[[], Rows]] = {
    "scenarios": _scenarios,
    "recordings": _recordings,
    "datapaths": _datapaths,
    "profiles": _profiles,
    "figures": _figures,
    "settings": _settings,
}
