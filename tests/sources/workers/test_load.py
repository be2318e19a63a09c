"""The lab's load: its bounds and its steps."""

import pytest

from kbview.sources.workers.load import LADDERS, MOST_PPS, Load
from kbview.tape.source import SourceError


@pytest.mark.parametrize(
    ("load", "flag"),
    [
        (Load(rate=MOST_PPS + 1), "--rate"),
        (Load(rate=-1), "--rate"),
        (Load(size=63), "--size"),
        (Load(size=1519), "--size"),
        (Load(flows=0), "--flows"),
        (Load(burst=65), "burst"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_its_flag(load: Load, flag: str) -> None:
    with pytest.raises(SourceError, match=f"^{flag} ") as caught:
        load.checked()
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", LADDERS)
def test_every_rung_is_within_bounds_and_the_ends_hold(name: str) -> None:
    ladder = LADDERS[name]
    load = Load().turned(name, -len(ladder))
    assert getattr(load, name) == ladder[0]
    for rung in ladder[1:]:
        load = load.turned(name, 1).checked()
        assert getattr(load, name) == rung
    assert load.turned(name, 1) == load


@pytest.mark.parametrize(("steps", "rate"), [(1, 50_000), (-1, 20_000), (2, 100_000), (-2, 10_000)])
def test_between_two_rungs_a_step_goes_to_the_next(steps: int, rate: int) -> None:
    assert Load(rate=30_000).turned("rate", steps).rate == rate
