"""The same model in SimPy, a process for each actor, counts the same (benchmarks/simpy_model.py)."""

import pytest

pytest.importorskip("simpy")

from benchmarks.emulator import SIMPY_FRAMES, differences


@pytest.mark.parametrize("case", SIMPY_FRAMES)
def test_a_model_with_an_event_for_each_step_has_every_counter_equal(case: str) -> None:
    """Interrupts, polls, copies, system calls, switches, wake-ups, drops; at the default settings."""
    assert differences(case) == []
