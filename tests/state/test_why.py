"""The sentence of an event says only what the event says."""

import pytest

from kbview.state.state import State
from kbview.state.why import explain
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters, Sample


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


@pytest.mark.parametrize(
    ("completes", "words"),
    [
        (False, "The frames are in memory already; now"),
        (True, "Frames were sent, and their buffers may be freed:"),
        (None, "Frames came or were sent:"),
    ],
)
def test_an_interrupt_for_sent_frames_brings_none(completes: bool | None, words: str) -> None:
    """A vector serves both rings of a queue pair; irq_handler_entry does not tell which ring it was."""
    assert explain(ev.IrqRaised(0, 3, 0, completes)).text == f"{words} the NIC interrupts cpu3."
    assert "or were sent" in ev.IrqRaised.meaning.why


def test_without_an_arrival_no_interrupt_is_said_to_bring_frames() -> None:
    """A host that only sends takes interrupts for completions: 0.0 frames an interrupt says nothing."""
    state = State()
    state.apply(Sample(0, Meters(), Detail.METERS))
    state.apply(Sample(10**9, Meters(interrupts=40, sent=400), Detail.METERS))
    assert state.why == ""


def test_frames_for_each_interrupt_are_all_arrivals_and_leave_no_rest_to_polls() -> None:
    """Arrivals divided by interrupts: under load NAPI polls thousands of frames after one interrupt."""
    state = State()
    state.apply(Sample(0, Meters(completion_interrupts=0), Detail.METERS))
    meters = Meters(interrupts=2, completion_interrupts=0, arrived=10, delivered=10)
    state.apply(Sample(10**9, meters, Detail.METERS))
    assert state.why == "5.0 frames arrive for each interrupt."


def test_a_wake_up_is_not_told_as_data_that_came() -> None:
    """sock_def_write_space() and timers wake tasks as well."""
    assert "Data" not in explain(ev.TaskWoken(0, 0, "http")).text


def test_interrupts_for_sent_frames_alone_are_not_shared_by_arrivals() -> None:
    """bulk-tcp: 15 of 29 interrupts are for ACKs that left; 3,011 frames came with the other 14."""
    state = State()
    state.apply(Sample(0, Meters(completion_interrupts=0), Detail.METERS))
    meters = Meters(interrupts=29, completion_interrupts=15, arrived=3011, delivered=3011)
    state.apply(Sample(10**9, meters, Detail.METERS))
    assert state.why.startswith("215.1 frames arrive for each interrupt, without interrupts for sent")
