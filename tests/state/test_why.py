"""The sentence of an event says only what the event says."""

from kbview.state.why import explain
from kbview.tape import events as ev


def test_a_softirq_that_ended_because_the_ring_was_empty_is_not_squeezed() -> None:
    assert explain(ev.SoftirqExited(0, 0, False)).text == ""
    assert "Squeezed" in explain(ev.SoftirqExited(0, 0, True)).text
