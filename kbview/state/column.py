"""A column of the histories: the meters' growth in one cell of a grid over trace time."""

from typing import NamedTuple

from kbview.state.interval import Interval

LENGTH = 400  # columns kept: more than the widest terminal shows


class Column(NamedTuple):
    """An interval and its cell's number on the grid, with the datapath that began in it, or ""."""

    number: int
    interval: Interval
    marker: str
