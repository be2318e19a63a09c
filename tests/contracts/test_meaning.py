"""Every step that some datapath takes has its function and its sentence, as have events."""

import pytest

from kbview.emulator.datapaths import DATAPATHS
from kbview.tape import events as ev
from kbview.tape.meaning import STEPS, UNKNOWN, meaning_of

TAKEN = sorted({step for datapath in DATAPATHS.values() for step in datapath.steps})


@pytest.mark.parametrize("step", TAKEN)
def test_every_step_of_a_datapath_says_which_function_it_is_and_why(step: str) -> None:
    assert step in STEPS, f"add a line for {step} to a table in kbview/tape/meaning/"
    assert STEPS[step].function
    assert STEPS[step].why.endswith((".", "?"))
    assert meaning_of(ev.StepTaken(0, 0, 0, step, 1, ev.Account.SOFTIRQ)) is STEPS[step]


@pytest.mark.parametrize("kind", ev.EVENTS, ids=lambda kind: kind.__name__)
def test_every_event_says_what_it_means(kind: type[ev.Event]) -> None:
    assert kind.meaning.why.endswith(".")


def test_what_a_later_version_takes_is_said_to_be_unknown() -> None:
    step = ev.StepTaken(0, 0, 0, "quantum_leap", 1, ev.Account.SOFTIRQ)
    assert meaning_of(step) is UNKNOWN
