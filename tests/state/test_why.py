"""The sentence of an event says only what the event says."""

from kbview.state.why import explain
from kbview.tape import events as ev


def test_a_softirq_that_ended_because_the_ring_was_empty_is_not_squeezed() -> None:
    assert explain(ev.SoftirqExited(0, 0, False)).text == ""
    assert "Squeezed" in explain(ev.SoftirqExited(0, 0, True)).text


def test_a_poll_that_emptied_the_ring_says_nothing_of_the_interrupt() -> None:
    """With irq_defer_us (napi_defer_hard_irqs) the vector stays masked after an empty ring."""
    assert "unmask" not in explain(ev.NapiPolled(0, 0, 0, 5, 64)).text


def test_a_task_may_sleep_in_poll_epoll_or_an_ioctl() -> None:
    assert " read" not in explain(ev.TaskWoken(0, 0, "netmap")).text


def test_ksoftirqd_is_not_said_to_follow_from_a_limit() -> None:
    """need_resched() ends the loop of __do_softirq() before its ten restarts or 2 ms do."""
    assert "limit" not in explain(ev.KsoftirqdWoken(0, 0)).text
