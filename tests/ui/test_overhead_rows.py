"""The lecture's overheads side by side: one scale, the largest named, a kept load at the left."""

import pytest

from kbview.state.overheads import NAMES, of_report
from kbview.ui.dictionary import dictionary
from kbview.ui.format import duration
from kbview.ui.overhead_rows import OverheadColumn, draw
from kbview.ui.row import Size, length, text_of
from kbview.ui.screens.costs_view import CostsView
from tests.state.test_report import report
from tests.ui.screens import rows_of, session_of

LIGHT = OverheadColumn("kernel 20k/s", {"interrupts": 700_000, "context switches": 1_400_000})
HEAVY = OverheadColumn("kernel 1.8M/s", {"interrupts": 14_000, "copies": 22_000})


def lines(width: int, *columns: OverheadColumn) -> list[str]:
    rows = draw(columns, width)
    assert {length(row) for row in rows} == {width}
    return [text_of(row) for row in rows]


def test_all_bars_have_one_scale_and_the_largest_is_named() -> None:
    head, interrupts, switches, copies, largest = lines(80, LIGHT, HEAVY)
    assert "kernel 20k/s" in head
    assert "kernel 1.8M/s" in head
    assert switches.count("█") == 2 * interrupts.count("█") > 10
    assert copies.count("█") == 0
    assert "22 ns" in copies
    assert largest.split() == ["largest", "context", "switches", "copies"]


@pytest.mark.parametrize("width", [52, 60, 78, 100, 160])
def test_each_cost_is_whole_at_any_width(width: int) -> None:
    told = "\n".join(lines(width, LIGHT, HEAVY))
    for cost in ("700 ns", "1.4 µs", "14 ns", "22 ns"):
        assert cost in told


@pytest.mark.parametrize("width", [48, 52])
def test_the_load_of_each_column_is_whole_where_its_label_has_no_room(width: int) -> None:
    datapaths, loads, *_ = lines(width, LIGHT, HEAVY, HEAVY)
    assert datapaths.split() == ["kernel"] * 3
    assert loads.split() == ["20k/s", "1.8M/s", "1.8M/s"]


@pytest.mark.parametrize(
    ("width", "names"),
    [
        (52, "context protocol app"),
        (60, "context protocol application"),
        (100, "context switches driver, protocol application"),
    ],
)
def test_the_largest_of_each_of_three_columns_is_named(width: int, names: str) -> None:
    """At 80 columns the Costs leave 52 cells to this table, so 11 to each column."""
    work = OverheadColumn("dpdk 1M/s", {"application": 500_000})
    last = lines(width, LIGHT, OverheadColumn("kernel 2M/s", {"driver, protocol": 300_000}), work)[-1]
    assert " ".join(last.split()) == f"largest {names}"


@pytest.mark.parametrize("width", [52, 60])
@pytest.mark.parametrize("height", [7, 9])
def test_a_low_table_keeps_the_dearest_groups_and_the_sum_of_the_others(
    height: int, width: int
) -> None:
    every = OverheadColumn("kernel 1M/s", {name: 1000.0 * 4**at for at, name in enumerate(NAMES)})
    rows = [text_of(row) for row in draw([LIGHT, every], width, height)]
    assert len(rows) <= height
    assert any("1.4 µs" in row for row in rows)
    assert any(row.strip().startswith("largest") for row in rows)
    (rest,) = (row.split() for row in rows if " more " in row)
    shown = {name for name in NAMES if any(row.strip().startswith(name) for row in rows[1:-1])}
    assert rest[0] == str(len(NAMES) - len(shown))
    hidden_ps = sum(every.groups[name] for name in set(NAMES) - shown)
    assert " ".join(rest[-2:]) == duration(hidden_ps)


def test_at_60x16_the_overheads_of_three_runs_are_whole() -> None:
    """The smallest terminal has no room for the latencies beside them."""
    view = CostsView(session_of("kernel", 12, "paced-udp"))
    recent = view.session.player.state.histories.recent()
    assert recent is not None
    view._kept = view._other = view._now(recent)
    view._page = "overheads"
    told = "\n".join(map(text_of, rows_of(view, Size(60, 11))))
    assert "…" not in told
    assert told.count("kernel 20k/s") == 3
    assert "largest" in told


def test_each_group_is_explained_under_the_help_key() -> None:
    words = dictionary(session_of("kernel").player.source, session_of("kernel").player.state)
    assert all(words.explain(name) for name in NAMES)


def test_without_costs_there_is_no_table() -> None:
    assert draw([OverheadColumn("live", {})], 80) == []


def test_a_kept_load_stands_before_the_present_until_it_is_forgotten() -> None:
    """Interrupts and wake-ups are shared under load: CALIBRATION T9, T14."""
    view = CostsView(session_of("kernel", 12, "paced-udp"))
    recent = view.session.player.state.histories.recent()
    assert recent is not None
    view._kept, view._page = view._now(recent), "overheads"
    told = "\n".join(map(text_of, rows_of(view, Size(80, 19))))
    assert told.count("kernel 20k/s") == 2
    assert "largest" in told


def test_the_groups_of_a_report_add_up_to_its_work() -> None:
    found = report("paced-udp", "kernel")
    groups = of_report(found)
    assert set(groups) == set(NAMES)
    spent = sum(stage["total_ps"] for stage in found.stages) / found.packets
    assert sum(groups.values()) == pytest.approx(spent)
