"""Reports as JSON by their schema, as CSV and as Markdown: equal numbers, with their origin."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kbview.cli.main import main
from kbview.cli.report_formats import print_csv, print_markdown
from kbview.state.report import VERSION, Report

DOCS = Path(__file__).parents[2] / "docs"
WORDS = ["run", "overload-udp", "--datapath", "kernel,dpdk", "--until", "3000"]


def printed(capsys: pytest.CaptureFixture[str], form: str) -> str:
    assert main([*WORDS, "--format", form]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def at(report: dict[str, Any], key: str) -> Any:
    """The value of a CSV row's key in the JSON object."""
    name, _, rest = key.partition(".")
    held = report[name]
    if isinstance(held, dict):
        return held[rest]
    if name == "notes":
        return held[int(rest)]
    if isinstance(held, list):
        place, _, field = rest.rpartition(".")
        by = {"drops": ("where", "reason"), "cores": ("cpu",), "stages": ("stage",)}[name]
        (entry,) = [each for each in held if ".".join(str(each[one]) for one in by) == place]
        return entry[field]
    return held


def test_json_keeps_the_published_schema(capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads((DOCS / "report.schema.json").read_text(encoding="utf-8"))
    fields = schema["$defs"]["Report"]
    out = printed(capsys, "json")
    for report in json.loads(out):
        assert set(report) == set(fields["properties"])
        assert set(fields["required"]) <= set(report)
        assert report["version"] == VERSION
    assert msgspec.json.decode(out, type=list[Report], strict=True)


def test_csv_has_every_value_of_the_json_with_its_origin(capsys: pytest.CaptureFixture[str]) -> None:
    reports = {each["datapath"]: each for each in json.loads(printed(capsys, "json"))}
    rows = list(csv.DictReader(io.StringIO(printed(capsys, "csv"))))
    assert {row["datapath"] for row in rows} == {"kernel", "dpdk"}
    assert {(row["origin"], row["source"], row["profile"]) for row in rows} == {
        ("emulated", "overload-udp", "xdp18")
    }
    for row in rows:
        value = at(reports[row["datapath"]], row["key"])
        assert row["value"] == ("" if value is None else str(value)), row["key"]
    scalars = sum(
        len(value) if isinstance(value, dict) else 1
        for name, value in reports["kernel"].items()
        if not isinstance(value, list) and name not in {"version", "units"}
    )
    assert sum(row["datapath"] == "kernel" for row in rows) > scalars - 4


def test_markdown_is_the_table_of_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    table, document = printed(capsys, "table"), printed(capsys, "markdown")
    assert document.startswith("**EMULATED with costs of xdp18: overload-udp**")
    lines = [line.split("|")[1:-1] for line in document.splitlines() if line.startswith("| ")]
    assert [cell.strip() for cell in lines[0]] == ["", "kernel", "dpdk"]
    for label, kernel, dpdk in lines[1:]:
        plain = label.replace("\\", "").strip()
        (row,) = [one for one in table.splitlines() if one.strip().startswith(plain)][:1]
        assert row.split()[len(plain.split()) :] == [*kernel.split(), *dpdk.split()]


def test_a_hostile_name_is_text_in_both(capsys: pytest.CaptureFixture[str]) -> None:
    (report,) = msgspec.json.decode(
        json.dumps(json.loads(printed(capsys, "json"))[:1]), type=list[Report]
    )
    report.source, report.notes = "=1+1|<b>\x1b[31m", ["a\nb"]
    print_csv([report])
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert {row[1] for row in rows[1:]} == {"'=1+1|<b>\\x1b[31m"}
    print_markdown([report])
    out = capsys.readouterr().out
    assert "\\|\\<b\\>" in out
    assert "\x1b" not in out
