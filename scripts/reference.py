"""Writes the references of events, steps, missed points, the command line and the JSON report: docs/.

python scripts/reference.py            # write it
python scripts/reference.py --check    # exit with 1 if the file is not current
"""

import inspect
import json
import sys
import textwrap
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import msgspec

from kbview.cli import manual
from kbview.state.report import Report
from kbview.tape import events as ev
from kbview.tape.event import Event
from kbview.tape.steps import Declaration
from kbview.tape.steps.table import TABLES
from kbview.validation.target import KnownGap, Target, targets

DOCS = Path(__file__).parents[1] / "docs"
# The unit of a field by the end of its name; a field that fits none is a number or a word.
UNITS = {
    "_ps": "picoseconds",
    "length": "bytes",
    "truesize": "bytes",
    "queued": "bytes",
    "rcvbuf": "bytes",
    "sndbuf": "bytes",
    "packet": "packet number",
    "into": "packet number",
    "cpu": "core number",
    "slot": "index in the ring",
    "count": "entries",
    "filled": "entries",
    "waiting": "connections",
    "backlog": "connections",
    "work": "packets",
    "budget": "packets",
    "packets": "packets",
    "polls": "polls",
}


def unit(kind: type[Event], name: str) -> str:
    """The unit of a field, its words where it has a few, or its type."""
    if kind is ev.EventsLost and name == "count":
        return "events"
    if kind is ev.BatchHandedOver and name == "queue":
        return "RingKind"
    for end, text in UNITS.items():
        if name.endswith(end):
            return text
    hint = get_type_hints(kind)[name]
    if get_origin(hint) is Literal:
        return " or ".join(map(str, get_args(hint)))
    plain = {int: "number", str: "text", bool: "yes or no", bytes: "bytes"}
    return plain.get(hint, getattr(hint, "__name__", "Station list"))


def change(kind: type[Event]) -> str:
    """The meters that the event changes, as its class does it; "" if it changes none."""
    if "change" not in vars(kind):
        return ""
    return textwrap.dedent("\n".join(inspect.getsource(kind.change).splitlines()[1:]))


def section(kind: type[Event]) -> str:
    """One event: detail, function, tracepoint, fields, and its effect on the meters."""
    names = kind.__struct_fields__[1:]
    fields = ", ".join(f"`{name}` ({unit(kind, name)})" for name in names) or "none"
    parts = [f"### {kind.__name__}", inspect.cleandoc(kind.__doc__ or ""), kind.meaning.why]
    facts = [f"- detail: {kind.level.name.lower()}"]
    if kind.meaning.function:
        facts.append(f"- at work: {kind.meaning.function}")
    if kind.places:
        facts.append(f"- puts its packet at: {', '.join(kind.places)}")
    if kind.tracepoint:
        facts.append(f"- tracepoint: `{kind.tracepoint}`")
    facts.append(f"- fields: {fields}")
    parts.append("\n".join(facts))
    if text := change(kind):
        parts.append(f"Meters:\n\n```python\n{text}\n```")
    return "\n\n".join(parts)


def events_page() -> str:
    """The text of docs/events.md."""
    head = (
        "# Events\n\n"
        "Written by `scripts/reference.py` from the classes in `kbview/tape/events/`; do not edit.\n\n"
        "Every event begins with `time_ps`, picoseconds since the run began. A `packet` of -1 means "
        "that the event belongs to no single packet, a `cpu` of -1 that hardware did it or that the "
        "source cannot know the core, a `latency_ps` of -1 that the arrival is not known.\n"
    )
    modules = dict.fromkeys(kind.__module__ for kind in ev.EVENTS)
    parts = [head]
    for module in modules:
        parts.append(f"## {inspect.cleandoc(sys.modules[module].__doc__ or '').splitlines()[0]}\n")
        parts += [section(kind) + "\n" for kind in ev.EVENTS if kind.__module__ == module]
    return "\n".join(parts)


def step_row(name: str, step: Declaration) -> str:
    """One step as a row: name, function, sentence, stations in the order of preference."""
    cells = (f"`{name}`", step.function, step.why, ", ".join(step.stations))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def steps_page() -> str:
    """The text of docs/steps.md."""
    head = (
        "# Steps\n\n"
        "Written by `scripts/reference.py` from the tables in `kbview/tape/steps/`; do not edit.\n\n"
        "A step is a named unit of work that costs time. On a path it happens at the first of its "
        "stations that the packet visits. Each profile in `kbview/calibrations/` has a price row of "
        "the same name, except for steps between two tracepoints of a real kernel: kbview measures "
        "these.\n"
    )
    parts = [head]
    for module, table in TABLES.items():
        title = inspect.cleandoc(sys.modules[module].__doc__ or "").splitlines()[0]
        parts.append(f"## {title}\n\n| step | at work | why | stations |\n|---|---|---|---|")
        parts.append("\n".join(step_row(name, step) for name, step in table.items()) + "\n")
    return "\n".join(parts)


def report_schema() -> str:
    """JSON Schema of `run --json`."""
    made = msgspec.json.schema(list[Report])
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "kbview run --json"}
    return json.dumps(head | made, indent=2) + "\n"


def gap_row(target: Target, gap: KnownGap) -> str:
    """A row for a gap: its points or its claim, the reason, the attempts, the evidence."""
    places = f" at {', '.join(f'{at:,.10g}' for at in gap.at)}" if gap.at else ""
    cells = (f"{target.id} {gap.curve or gap.claim}{places}", gap.reason, gap.tried, gap.source)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def outside_page() -> str:
    """The text of docs/outside.md."""
    head = (
        "# Published points that the model misses\n\n"
        "Written by `scripts/reference.py` from the `gaps` in `kbview/targets/`; do not edit.\n\n"
        "No tolerance was widened and no point was left out. `kbview validate` exits with 1 for any "
        "other point that lies outside, and for a point of this table that lies inside.\n\n"
        "| outside | mechanism that is probably missing | tried | evidence |\n|---|---|---|---|\n"
    )
    return head + "\n".join(gap_row(each, gap) for each in targets() for gap in each.gaps) + "\n"


PAGES = {
    "events.md": events_page,
    "outside.md": outside_page,
    "steps.md": steps_page,
    "kbview.1": manual.page,
    "report.schema.json": report_schema,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them; 1 if one is not current."""
    stale = 0
    for name, page in PAGES.items():
        path, text = DOCS / name, page()
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.stderr.write(f"docs/{name} is not current; run python scripts/reference.py\n")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
