"""One grammar of times, counts and places: on the command line as behind the key `g`."""

import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbview.cli import quantity
from kbview.sources.nearest import meant
from kbview.state import destination


@pytest.mark.parametrize(
    ("text", "time_ps"),
    [
        ("3s", 3 * 10**12),
        ("10µs", 10**7),
        ("10us", 10**7),
        (".5ms", 5 * 10**8),
        ("1.5 ms", 15 * 10**8),
        ("2min", 120 * 10**12),
        ("7ps", 7),
    ],
)
def test_a_time_is_the_same_everywhere(text: str, time_ps: int) -> None:
    assert quantity.duration_ps(text) == time_ps
    assert quantity.until(text) == (time_ps, None)
    found = destination.parse(text)
    assert found is not None
    assert (found.time_ps, found.relative) == (time_ps, False)


@pytest.mark.parametrize("text", ["1m", "3", "-3s", "+3us", "50%", "#3", "s", "", "1e3s", "٣s"])
def test_no_time(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not a time"):
        quantity.duration_ps(text)


@pytest.mark.parametrize("text", ["12.4ms", "+3us", "-1 s", "50%", "#8112"])
def test_a_place_on_the_command_line_is_one_of_the_screens(text: str) -> None:
    assert quantity.place(text) == text


@pytest.mark.parametrize("text", ["here", "", "8112", "150 %x"])
def test_no_place(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="no place"):
        quantity.place(text)


@given(st.text(max_size=40))
def test_any_text_is_a_quantity_or_refused_by_name(text: str) -> None:
    for parse in (quantity.duration_ps, quantity.until, quantity.number, quantity.place):
        try:
            parse(text)
        except argparse.ArgumentTypeError as refused:
            assert len(str(refused)) < 200


def test_a_misspelt_name_is_told_its_neighbour() -> None:
    known = ("kernel", "dpdk", "af_xdp", "af_packet")
    assert meant("DPDK", known) == "did you mean dpdk? "
    assert meant("af-xdp", known) == "did you mean af_xdp? "
    assert meant("kernle", known) == "did you mean kernel? "
    assert meant("zzz", known) == ""
