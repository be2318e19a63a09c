"""What a ring may be asked for, and the sentence when it may not."""

import pytest

from kbview.sources.interface.ring.cpu_budget import CpuBudget
from kbview.sources.linux.packet_ring.settings import RingSettings
from kbview.tape.source import SourceError


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("ring", "1", "ring = 1 is not within 2 and 4096"),
        ("ring", "many", "ring = 'many' is not a number"),
        ("block", "5000", "block = 5000 is not whole pages"),
        ("rings", "0", "rings = 0"),
        ("share", "2", "share = 2.0"),
        ("traffic.size", "64", "traffic.size cannot be set for a live interface; there are ring, "),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(key: str, text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said) as refused:
        RingSettings().override(key, text)
    assert refused.value.exit_code == 2


def test_an_override_changes_one_thing() -> None:
    assert RingSettings().override("retire_ms", "60") == RingSettings(retire_ms=60)


def test_an_allowance_is_a_share_of_the_time() -> None:
    cpu_budget, spent = CpuBudget(0.25), 0
    for millisecond in range(10_000):
        if cpu_budget.granted(millisecond / 1000):
            cpu_budget.charge(0.001)
            spent += 1
    assert spent == pytest.approx(2500, rel=0.02)


def test_an_allowance_cannot_be_saved_for_long() -> None:
    cpu_budget = CpuBudget(0.5)
    assert cpu_budget.granted(1000.0)
    cpu_budget.charge(0.06)
    assert not cpu_budget.granted(1000.0)
    assert cpu_budget.granted(1000.1)
