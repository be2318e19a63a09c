"""A number is whole or absent: at no size is it cut to another number."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbview.sources.emulated.scenario import scenarios
from kbview.state.state import State
from kbview.tape.meter import SocketMeter
from kbview.ui.layout import arrange
from kbview.ui.panel import Panel
from kbview.ui.panels import PANELS
from kbview.ui.row import Size, first_that_fits, fit, text_of, whole
from kbview.ui.screens.costs_view import CostsView
from tests.ui.screens import rows_of, session_of

SIZES = [(60, 16), (80, 24), (100, 30), (160, 50)]
WIDE = Size(400, 200)
NUMBER = re.compile(r"(?<![\w.#])[#×]?[\d.]*\d(?![\d])")
# These numbers follow the room itself.
OF_THE_ROOM = re.compile(r"\d+ (?:slots|blocks|entries) a cell|\d+ more(?:: [\d.]+)?| \+\d+(?= )")
WORD = st.text(st.sampled_from("0123456789.,kM ns/×#abc…"), max_size=12)


def numbers(panel: Panel, state: State, size: Size) -> set[str]:
    """The numbers in a panel's rows, without their units."""
    rows = panel.draw(state, size)
    return {found for row in rows for found in NUMBER.findall(OF_THE_ROOM.sub("", text_of(row)))}


@pytest.mark.parametrize("word", sorted(scenarios()))
def test_no_panel_cuts_a_number_at_any_size(word: str) -> None:
    datapath = scenarios()[word].datapath
    state = session_of(datapath, 12, word).player.state
    for panel in PANELS:
        every = numbers(panel, state, WIDE) | {"×1"}  # of a packet whose number does not fit
        for width, height in SIZES:
            columns = 1 if panel.name == "path" else len(arrange(Size(width, height), PANELS).columns)
            for part in {width, (width - columns + 1) // columns}:
                cut = numbers(panel, state, Size(part, height)) - every
                assert not cut, f"{panel.name} at {part}x{height}"


@pytest.mark.parametrize("word", ["paced-udp", "overload-udp"])
def test_the_costs_of_a_step_are_whole_or_absent(word: str) -> None:
    view = CostsView(session_of("kernel", 12, word))
    costs = {f"{one.each_ps / 1000:.0f}" for one in view._spent() if one.each_ps < 999_000}
    text = "\n".join(map(text_of, rows_of(view, Size(60, 12))))
    shown = set(re.findall(r"(\d+) ns", text))
    assert shown
    assert costs
    assert not set(re.findall(r" (\d{2,3})\s*$", text, re.MULTILINE)) - costs


@given(st.lists(st.tuples(WORD, st.just("dim")), max_size=4), st.integers(0, 30))
def test_fit_leaves_a_number_out_rather_than_cut_it(row: list[tuple[str, str]], width: int) -> None:
    text = text_of(row)
    fitted = text_of(fit(row, width)).rstrip()
    assert len(fitted) <= width
    if width and any(map(str.isalnum, text[width:])):
        assert fitted.endswith("…"), "a word or a number is missing without a mark"
    if fitted.endswith("…") and fitted != text.rstrip():
        kept = fitted[:-1]
        assert text.startswith(kept)
        following = text[len(kept) : len(kept) + 1]
        assert not (re.search(r"\d$", kept) and re.match(r"[\d.,]", following))


def test_the_least_worth_is_left_out_first_and_a_text_that_never_fits_is_marked() -> None:
    parts = [([("name ", "text")], 9), ([("███", "text")], 1), ([(" 207K", "text")], 5)]
    assert text_of(whole(parts, 13)) == "name ███ 207K"
    assert text_of(whole(parts, 12)) == "name  207K"
    assert text_of(whole(parts, 9)) == "name "
    assert first_that_fits(["812k/s", "812k"], 4) == "812k"
    assert first_that_fits(["812k/s", "812k"], 3) == "…"


def test_the_number_of_packets_in_a_socket_stays_whole_in_a_narrow_panel() -> None:
    state = State()
    state.counted.meters.sockets["udp :9000"] = SocketMeter(
        "udp :9000", queued=211_968, packets=92, received=92, rcvbuf=212_992
    )
    panel = next(panel for panel in PANELS if panel.name == "sockets")
    for width in (27, 30, 34, 39, 60):
        assert "×92" in text_of(panel.draw(state, Size(width, 3))[1])
