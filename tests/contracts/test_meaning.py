"""Every event says what it means; an unknown step is said to be unknown."""

import pytest

from kbview.tape import events as ev
from kbview.tape.steps import UNKNOWN, meaning_of


@pytest.mark.parametrize("kind", ev.EVENTS, ids=lambda kind: kind.__name__)
def test_every_event_says_what_it_means(kind: type[ev.Event]) -> None:
    assert kind.meaning.why.endswith(".")


def test_what_a_later_version_takes_is_said_to_be_unknown() -> None:
    step = ev.StepTaken(0, 0, 0, "quantum_leap", 1, ev.Account.SOFTIRQ)
    assert meaning_of(step) is UNKNOWN
