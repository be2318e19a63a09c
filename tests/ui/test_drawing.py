"""Rows, numbers, escapes, the road and the arrangement: what the panels are made of."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from kbview.emulator.datapaths import DATAPATHS
from kbview.sources.emulated.scenario import scenarios
from kbview.tape.station import STACK, Domain, Station
from kbview.ui import format as fmt
from kbview.ui import keys, overhead_rows, row
from kbview.ui.characters import clean, to_ascii
from kbview.ui.layout import NAMED, arrange, frame_rows
from kbview.ui.overhead_rows import OverheadColumn
from kbview.ui.panels import PANELS
from kbview.ui.panels.path import PathPanel
from kbview.ui.panels.switches import SwitchesPanel
from kbview.ui.path_banner import banner
from kbview.ui.path_cells import lay, part
from kbview.ui.row import Size
from kbview.ui.theme import STYLES, Theme, style
from tests.ui.screens import session_of
from tests.ui.scripted import PATHS

HOSTILE = [
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x9b31m",
    "a\nb\tc\rd",
    "\u202eevil\u202c",
    "\u2066x\u2069",
    "z\u0301\u0301\u0301",
    "\u200b\ufeff",
    "\ud800",
]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_is_escaped(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.isprintable()
    assert all(cell_len(char) for char in cleaned)
    assert "\\" in cleaned


@given(st.text())
def test_nothing_gets_through_the_gate_unescaped(text: str) -> None:
    assert clean(text).isprintable()
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("text", ["http.pcap", "münchen.pcap", "数据.pcap", "a b"])
def test_ordinary_names_stay_as_they_are(text: str) -> None:
    assert clean(text) == text


@given(
    st.lists(st.tuples(st.text(st.characters(categories=["L", "N"])), st.just("dim"))),
    st.integers(0, 50),
)
def test_fit_is_exact(runs: row.Row, width: int) -> None:
    runs = [(clean(text), name) for text, name in runs]
    assert row.length(row.fit(runs, width)) == width


@given(st.text(st.characters(categories=["L", "N", "S", "P"])))
def test_ascii_takes_the_same_cells(text: str) -> None:
    text = clean(text)
    assert cell_len(to_ascii(text)) == cell_len(text)
    assert to_ascii(text).isascii()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (7, "7"), (1.93, "1.9"), (2.0, "2.0"), (0.04, ".04"), (0.001, "<.01"),
        (999.7, "1.0k"), (41_234, "41k"), (812_345, "812k"), (9_940_000, "9.9M"), (2.5e9, "2.5G"),
    ],
)  # fmt: skip
def test_quantities_are_short(value: float, text: str) -> None:
    assert fmt.quantity(value) == text
    assert len(text) <= 4


@pytest.mark.parametrize(
    ("ps", "text"),
    [
        (0, "0 ns"),
        (310_000, "310 ns"),
        (1_240_000, "1.2 µs"),
        (200_000_000, "200 µs"),
        (10**12, "1.0 s"),
    ],
)
def test_durations(ps: int, text: str) -> None:
    assert fmt.duration(ps) == text


def test_sizes_and_clocks() -> None:
    assert fmt.size(145_000) == "142K"
    assert fmt.clock(12_480_123_456) == "12.480 ms"
    assert fmt.clock(0) == "0.000 ns"


def test_a_bar_that_is_not_empty_shows() -> None:
    assert row.text_of(row.bar(0.001, 8, "done")) == "▏░░░░░░░"
    assert row.text_of(row.bar(0, 8, "done")) == "░░░░░░░░"


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("datapath", PATHS)
def test_every_station_has_a_place(datapath: str, width: int) -> None:
    spots = lay(PATHS[datapath], width)
    assert [spot.station for spot in spots] == list(PATHS[datapath])
    assert all(a.x + a.width + 2 * b.wall == b.x for a, b in itertools.pairwise(spots))
    assert spots[-1].x + spots[-1].room <= width
    assert sum(spot.wall for spot in spots) == (2 if datapath == "kernel" else 1)


def test_at_eighty_columns_no_name_is_cut() -> None:
    for stations in PATHS.values():
        assert all(len(spot.station.name) <= spot.room for spot in lay(stations, 80))


def test_a_path_with_a_user_level_stack_and_many_stations_is_squeezed() -> None:
    user = tuple(Station(f"stage {at}", Domain.USER, "", (f"s{at}",)) for at in range(12))
    spots = lay((*PATHS["kernel"][:3], *STACK, *user), 60)
    assert all(spot.width > 0 for spot in spots)
    assert lay((), 80) == []


SENDING = (Station("send", Domain.KERNEL, ""), Station("tx ring", Domain.HARDWARE, ""))


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("datapath", PATHS)
def test_each_drawn_station_has_room_for_a_rate_and_the_station_in_focus_is_drawn(
    datapath: str, width: int
) -> None:
    """A rate such as 812k has four cells: a path with a transmit side does not fit into 60 columns."""
    stations = (*PATHS[datapath], *SENDING)
    for focus, station in enumerate(stations):
        shown = part(stations, width, focus)
        assert station in shown
        assert all(spot.room >= 4 for spot in lay(shown, width) if not spot.station.bypassed)
        assert any(shown == stations[at : at + len(shown)] for at in range(len(stations)))


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("datapath", sorted(DATAPATHS))
def test_names_on_the_path_are_whole_and_the_application_is_drawn(datapath: str, width: int) -> None:
    """A narrow path has fewer stations: a name such as softirq is drawn whole or not at all."""
    state = session_of(datapath, 5).player.state
    top, names = (row.text_of(each) for each in PathPanel().draw(state, Size(width, 7))[:2])
    shown = [one.name for one in part(state.stations, width)]
    every = {word for one in state.stations for word in one.name.split()}
    assert "…" not in top.split("more")[0] + names
    assert set(re.split(r"[ ▸┬║]+", names.strip(" ║"))) - {""} <= every
    assert all(one.name in names for one in state.stations if one.name in shown and not one.bypassed)
    if datapath != "mtcp" or width >= 80:
        assert next(one.name for one in state.stations[::-1] if one.domain is Domain.USER) in shown


@pytest.mark.parametrize("datapath", ["kernel", "kernel-irq", "dpdk"])
def test_grounds_end_with_the_row_whatever_part_of_a_path_is_drawn(datapath: str) -> None:
    """A ground of one narrow station at the end of the row has its whole name or none."""
    state = session_of(datapath, 5, "request-response").player.state
    for width, focus in itertools.product(range(60, 120), range(len(state.stations))):
        said = row.text_of(banner(state, lay(part(state.stations, width, focus), width)))
        assert len(said) <= width
        named = set(re.findall(r"[A-Z]{2,}", re.sub(r"(\d+ more|╌).*?(?=║|$)", "", said)))
        assert named <= {"HARDWARE", "HW", "KERNEL", "USER"}


@pytest.mark.parametrize("word", sorted(scenarios()))
def test_at_sixty_columns_every_rate_of_the_path_is_whole(word: str) -> None:
    """Where stations have no room for a rate, the banner counts the stations that are left out."""
    state = session_of(scenarios()[word].datapath, 12, word).player.state
    size = Size(60, 7)
    flow, packets = PathPanel().draw(state, size), PathPanel().draw_packets(state, size)
    assert "…" not in row.text_of(flow[4]) + row.text_of(packets[4])
    left_out = len(state.stations) - len(part(state.stations, size.width))
    counted = re.search(r"(\d+) more|\+(\d+)", row.text_of(flow[0]))
    assert (int(counted[1] or counted[2]) if counted else 0) == left_out
    assert bool(re.search(r"\d+ more|\+\d+", row.text_of(packets[0]))) == bool(left_out)


@pytest.mark.parametrize(
    "size", [Size(60, 16), Size(80, 24), Size(120, 35), Size(160, 50), Size(300, 90)]
)
def test_columns_fill_the_height(size: Size) -> None:
    layout = arrange(size, PANELS)
    for column in layout.columns:
        assert sum(height for _, height in column) == size.height - frame_rows(size.width) - layout.path


def test_at_80x24_every_named_panel_is_there_and_wide_terminals_get_more() -> None:
    def shown(size: Size) -> set[str]:
        return {name for column in arrange(size, PANELS).columns for name, _ in column}

    assert shown(Size(80, 24)) >= NAMED - {"path", "costs", "latency", "stations"}
    assert shown(Size(120, 35)) >= NAMED - {"path", "stations"}
    assert shown(Size(160, 50)) >= NAMED - {"path"}


@pytest.mark.parametrize("size", [Size(160, 50), Size(200, 60), Size(300, 90)])
def test_a_tall_terminal_makes_no_bar_longer_than_it_is_useful(size: Size) -> None:
    """The room that is left belongs to the words at the end of a column, or stays empty."""
    most = {panel.name: panel.most for panel in PANELS}
    for column in arrange(size, PANELS).columns:
        assert all(height <= most[name] for name, height in column[:-1])
    for width in (80, 160, 300):
        assert row.length(overhead_rows.draw([OverheadColumn("", {"copies": 9.0})], width)[1]) == width
        bars = re.search(
            r"█+", row.text_of(overhead_rows.draw([OverheadColumn("", {"copies": 9.0})], width)[1])
        )
        assert bars is not None
        assert len(bars[0]) == 30


def test_the_way_in_words_has_each_visited_station_whole() -> None:
    state = session_of("kernel", 12, "overload-udp").player.state
    panel = next(one for one in PANELS if one.name == "stations")
    told = " ".join(" ".join(map(row.text_of, panel.draw(state, Size(39, 38)))).split())
    assert all(f"{one.name}: {one.help}" in told for one in state.stations if not one.bypassed)
    few = [row.text_of(each).strip() for each in panel.draw(state, Size(39, 9))]
    assert re.fullmatch(r"and \d+ more", [each for each in few if each][-1])


def test_a_panel_that_no_arrangement_names_stands_last() -> None:
    class NewPanel(SwitchesPanel):
        name = "new"

    for size in (Size(80, 40), Size(120, 40), Size(160, 50)):
        assert arrange(size, [*PANELS, NewPanel()]).columns[-1][-1][0] == "new"


def test_there_are_four_columns_at_160_cells() -> None:
    assert len(arrange(Size(160, 50), PANELS).columns) == 4


@pytest.mark.parametrize("theme", Theme)
def test_every_theme_knows_every_style(theme: Theme) -> None:
    styles = {name: style(theme, name) for name in STYLES}
    if theme is Theme.MONO:
        assert all(each.color is None and each.bgcolor is None for each in styles.values())


def test_key_names_are_unique() -> None:
    assert len({key.id for key in keys.KEYS}) == len(keys.KEYS)
    for view in {key.view for key in keys.KEYS}:
        bound = [name for key in keys.KEYS if key.view == view for name in key.keys.split(",")]
        assert len(set(bound)) == len(bound)
