"""Why: the one sentence that says what decided the course of things just now."""

from collections.abc import Callable
from typing import Any, NamedTuple

from kbview.state.histories import Column, Histories
from kbview.tape import events as ev

HOLD = 12  # frames that a sentence stays readable unless a weightier one comes


class Reason(NamedTuple):
    """A sentence and its weight; the weightiest of a frame is shown."""

    weight: int
    text: str


def _polled(event: ev.NapiPolled) -> Reason:
    if event.work == event.budget:
        return Reason(
            4,
            f"NAPI kept polling: its {event.budget} were used up, so the interrupt stays masked.",
        )
    return Reason(
        2,
        f"NAPI polled {event.work} of {event.budget}: the ring is empty, the interrupt is unmasked.",
    )


def _burst(event: ev.BurstReceived) -> Reason:
    return Reason(2, f"rx_burst found {event.work} of {event.budget}: no interrupt, no syscall.")


def _spun(event: ev.Spun) -> Reason:
    return Reason(
        1, f"The core polled an empty ring {event.polls} times: busy, but with nothing to do."
    )


_OF_EVENT: dict[type[ev.Event], Callable[[Any], Reason]] = {
    ev.FrameMissed: lambda _: Reason(
        9, "Missed: no descriptor was free, so the NIC had nowhere to write."
    ),
    ev.PacketDropped: lambda event: Reason(8, f"Dropped at {event.where}: {event.reason}."),
    ev.KsoftirqdWoken: lambda _: Reason(
        7, "The softirq loop hit its limit: ksoftirqd takes over, as a thread."
    ),
    ev.SoftirqExited: lambda event: Reason(
        6 if event.squeezed else 0, "Squeezed: the softirq used up its budget with work left."
    ),
    ev.DatapathStarted: lambda event: Reason(10, f"Now {event.datapath}: {event.summary}."),
    ev.TaskWoken: lambda event: Reason(
        3, f"{event.task} slept in a read; data came and wakes it: a context switch."
    ),
    ev.IrqRaised: lambda event: Reason(
        3, f"The frames are in memory already; now the NIC interrupts cpu{event.cpu}."
    ),
    ev.NapiPolled: _polled,
    ev.BurstReceived: _burst,
    ev.Spun: _spun,
}


def _of_column(column: Column) -> Reason:
    """What the meters alone say when no event is told."""
    grown = column.deltas
    if grown["missed"]:
        return Reason(9, f"Ring full: {grown['missed']} frames found no free descriptor.")
    if grown["dropped"]:
        return Reason(8, f"{grown['dropped']} packets were given up; see drops for where and why.")
    if grown["squeezes"]:
        return Reason(6, "Softirqs end on their budget with work left: the core cannot keep up.")
    if grown["interrupts"]:
        per = grown["arrived"] / grown["interrupts"]
        return Reason(2, f"Each interrupt brings about {per:.1f} frames; polls take the rest.")
    if grown["empty_polls"]:
        share = 100 * grown["empty_polls"] / grown["polls"]
        return Reason(2, f"{share:.0f} % of the polls find an empty ring: busy is not useful.")
    return Reason(0, "")


class Why:
    """The sentence for the screen."""

    def __init__(self) -> None:
        self.text = ""
        self._best = Reason(0, "")
        self._weight = 0
        self._age = 0

    def apply(self, event: ev.Event) -> None:
        """Consider an event of this frame."""
        explain = _OF_EVENT.get(type(event))
        if explain is not None:
            reason = explain(event)
            if reason.weight >= self._best.weight:
                self._best = reason

    def close(self, histories: Histories) -> None:
        """Choose the sentence for this frame."""
        best, self._best = self._best, Reason(0, "")
        if not best.weight and histories.columns:
            best = _of_column(histories.columns[-1])
        self._age += 1
        if best.weight and (best.weight > self._weight or self._age >= HOLD):
            self.text, self._weight, self._age = best.text, best.weight, 0

    def settle(self) -> None:
        """Choose the sentence for a single step: it is about what just happened, if about anything."""
        best, self._best = self._best, Reason(0, "")
        if best.weight:
            self.text, self._weight, self._age = best.text, best.weight, 0
