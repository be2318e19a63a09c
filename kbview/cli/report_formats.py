"""A report for other programs and for documents: CSV with a row a value, and a Markdown table."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from kbview.cli.paper import say
from kbview.cli.report_text import cells, print_json, print_table, title
from kbview.cli.spreadsheet import print_row
from kbview.state.report import SENT, Report
from kbview.tape.handover import notice
from kbview.ui.characters import clean

_HEAD = ("origin", "source", "profile", "datapath", "key", "value")
_LEFT_OUT = frozenset({"version", "units", "source", "origin", "datapath", "profile"})
# The fields that name an entry of a list, joined to its key.
_NAMED_BY = {"drops": ("where", "reason"), "cores": ("cpu",), "stages": ("stage",)}


def print_csv(reports: Sequence[Report]) -> None:
    """A row for each value of each report; the key is its path in the JSON report, unknown is empty."""
    for report in reports:
        of = (report.origin, report.source, report.profile, report.datapath)
        if report is reports[0]:
            print_row(_HEAD)
        for key, value in _values(msgspec.to_builtins(report)):
            print_row((*of, key, "" if value is None else value))


def _values(report: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, held in report.items():
        if name in _LEFT_OUT:
            continue
        if isinstance(held, dict):
            yield from ((f"{name}.{key}", value) for key, value in held.items())
        elif isinstance(held, list):
            yield from _entries(name, held)
        else:
            yield name, held


def _entries(name: str, held: list[Any]) -> Iterator[tuple[str, Any]]:
    for at, entry in enumerate(held):
        if not isinstance(entry, dict):
            yield f"{name}.{at}", entry
            continue
        by = _NAMED_BY[name]
        place = ".".join(str(entry[each]) for each in by)
        yield from ((f"{name}.{place}.{key}", value) for key, value in entry.items() if key not in by)


def print_markdown(reports: Sequence[Report]) -> None:
    """The table of the terminal as Markdown, with origin, machines, notes and forms of delivery."""
    for each in dict.fromkeys(map(title, reports)):
        say(f"**{_plain(each)}**\n")
    for line in dict.fromkeys(_remarks(reports)):
        say(f"- {_plain(line)}")
    say(f"\n| | {' | '.join(_plain(report.datapath) for report in reports)} |")
    say("|---|" + "---:|" * len(reports))
    for label, values in cells(reports):
        say(f"| {_plain(label)} | {' | '.join(map(_plain, values))} |")


def _remarks(reports: Sequence[Report]) -> Iterator[str]:
    """The sentences that the terminal prints around its table."""
    yield from (f"{report.profile}: {report.machine}" for report in reports if report.machine)
    yield from (note for report in reports for note in report.notes)
    told = ((report.datapath, notice(report.datapath, sends=report.per == SENT)) for report in reports)
    yield from (f"{datapath}: {words}" for datapath, words in told if words)


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>|#" else char for char in clean(text.strip()))


FORMATS = {"table": print_table, "json": print_json, "csv": print_csv, "markdown": print_markdown}
