"""Why: the sentence about the cause of the latest events."""

from collections.abc import Callable
from typing import Any, NamedTuple

from kbview.state.connections import rfc_name
from kbview.state.histories import Histories
from kbview.state.interval import Interval
from kbview.state.reducer import Reducer
from kbview.tape import events as ev
from kbview.tape.vocabulary import RingKind

HOLD = 12  # columns that a sentence stays readable unless a weightier one comes


class Reason(NamedTuple):
    """A sentence and its weight; the weightiest of a frame is shown."""

    weight: int
    text: str


_SILENCE = Reason(0, "")
_SQUEEZED = Reason(6, "Squeezed: the softirq used up its budget with work left.")


def _polled(event: ev.NapiPolled) -> Reason:
    if event.work == event.budget:
        return Reason(
            4,
            f"NAPI kept polling: its {event.budget} were used up, so the interrupt stays masked.",
        )
    return Reason(
        2,
        f"NAPI polled {event.work} of {event.budget}: the ring is empty, polling ends.",
    )


# What an interrupt is for, by IrqRaised.completes.
_CAUSE = {
    False: "The frames are in memory already; now",
    True: "Frames were sent, and their buffers may be freed:",
    None: "Frames came or were sent:",
}


def _interrupted(event: ev.IrqRaised) -> Reason:
    return Reason(3, f"{_CAUSE[event.completes]} the NIC interrupts cpu{event.cpu}.")


def _burst(event: ev.BurstReceived) -> Reason:
    return Reason(2, f"A poll from user space found {event.work} of at most {event.budget} frames.")


def _chunk(event: ev.ChunkMoved) -> Reason:
    if event.direction == "tx":
        return Reason(1, f"One ioctl sent a chunk of {event.work}: a copy each, one doorbell for all.")
    if not event.work:
        return Reason(2, "No packet for the chunk: the interrupt is enabled and the thread sleeps.")
    return Reason(
        2, f"One ioctl brought {event.work} of {event.budget} packets: a copy each, no sk_buff."
    )


def _spun(event: ev.Spun) -> Reason:
    return Reason(
        1, f"The core polled an empty ring {event.polls} times: busy, but with nothing to do."
    )


def _woken(event: ev.TaskWoken) -> Reason:
    if event.task.startswith("napi/"):
        return Reason(3, f"The interrupt wakes {event.task}, the thread that polls: a context switch.")
    return Reason(3, f"{event.task} slept and is woken: a context switch.")


def _handed_over(event: ev.BatchHandedOver) -> Reason:
    if event.queue == RingKind.JOBS:
        return Reason(2, f"The TCP thread takes {event.count} jobs of the application together.")
    if event.count == 1:
        return Reason(4, "One event alone is handed to the application: it pays a whole switch.")
    return Reason(4, f"{event.count} events reach the application together: one switch for them all.")


# A transition's cause by the state that it leads to: names of RFC 9293 and, shorter, of Linux.
_CAUSES = {
    "SYN-SENT": "our SYN is out",
    "SYN-RECEIVED": "a SYN came, and is answered",
    "ESTABLISHED": "the handshake is whole",
    "CLOSE-WAIT": "the peer sent a FIN",
    "LAST-ACK": "our FIN is out",
    "FIN-WAIT-1": "our FIN is out",
    "FIN-WAIT-2": "the peer has our FIN",
    "CLOSING": "both sent a FIN at once",
    "TIME-WAIT": "both FINs are acknowledged",
    "CLOSED": "it is over",
}


def _state_changed(event: ev.TcpStateChanged) -> Reason:
    who = event.socket.removeprefix("tcp ")
    cause = _CAUSES.get(rfc_name(event.after), "")
    return Reason(2, f"{event.before} → {event.after} ({who})" + (f": {cause}." if cause else "."))


_ENTRIES = {
    "irq_exit": Reason(1, "The softirq runs at the end of the interrupt, in kernel mode already."),
    "schednetisr": Reason(
        2, "The soft interrupt: asked for by a handler, it comes later, before any process."
    ),
    "local_bh_enable": Reason(
        6, "Softirqs run inside a system call that let them in again, on the caller's time."
    ),
    "ksoftirqd": Reason(5, "ksoftirqd, a thread like others, does the softirqs' work."),
}


_OF_EVENT: dict[type[ev.Event], Callable[[Any], Reason]] = {
    ev.BatchHandedOver: _handed_over,
    ev.TcpStateChanged: _state_changed,
    ev.FrameMissed: lambda _: Reason(
        9, "Missed: no descriptor was free, so the NIC had nowhere to write."
    ),
    ev.PacketDropped: lambda event: Reason(8, f"Dropped at {event.where}: {event.reason}."),
    ev.KsoftirqdWoken: lambda _: Reason(
        7, "Softirqs are left over: ksoftirqd takes them, as a thread."
    ),
    ev.SoftirqEntered: lambda event: _ENTRIES.get(event.by, _SILENCE),
    ev.SoftirqExited: lambda event: _SQUEEZED if event.squeezed else _SILENCE,
    ev.DatapathStarted: lambda event: Reason(10, f"Now {event.datapath}: {event.summary}."),
    ev.MbufsExhausted: lambda event: Reason(
        6, f"No mbuf is free: frames of queue {event.queue} stay in their descriptors (rx_nombuf)."
    ),
    ev.BlockRetired: lambda event: Reason(
        2,
        f"The kernel handed over a block with {event.packets} packets: "
        f"{'its timer fired' if event.timed_out else 'it was full'}.",
    ),
    ev.SourceNoted: lambda event: Reason(11, event.note),
    ev.EventsLost: lambda event: Reason(
        5, f"{event.count or 'Some'} events are not on the tape: more happened than could be told."
    ),
    ev.TaskWoken: _woken,
    ev.IrqRaised: _interrupted,
    ev.NapiPolled: _polled,
    ev.BurstReceived: _burst,
    ev.ChunkMoved: _chunk,
    ev.Spun: _spun,
}


def explain(event: ev.Event) -> Reason:
    """The reason that an event gives; most give none (weight 0)."""
    of_kind = _OF_EVENT.get(type(event))
    return of_kind(event) if of_kind else _SILENCE


def _of_span(interval: Interval) -> Reason:
    """The reason from the meters alone, where no event is told."""
    change = interval.change
    if missed := change("missed"):
        return Reason(9, f"Ring full: {missed} frames found no free descriptor.")
    if dropped := change("dropped"):
        return Reason(8, f"{dropped} packets were given up; see drops for where and why.")
    if change("squeezes"):
        return Reason(6, "Softirqs end on their budget with work left.")
    return _of_interrupts(interval) or _of_polls(interval)


def _of_interrupts(interval: Interval) -> Reason | None:
    """Frames for each interrupt; None where no interrupt came for received frames."""
    completing = interval.known("completion_interrupts")
    interrupts, arrived = interval.change("interrupts") - (completing or 0), interval.change("arrived")
    if interrupts <= 0 or not arrived:
        return None
    others = "" if completing == 0 else "; interrupts for sent frames count, too"
    others = ", without interrupts for sent frames alone" if completing else others
    return Reason(2, f"{arrived / interrupts:.1f} frames arrive for each interrupt{others}.")


def _of_polls(interval: Interval) -> Reason:
    empty, polls = interval.change("empty_polls"), interval.change("polls")
    if empty <= polls / 2:
        return _SILENCE
    share = f"{100 * empty / polls:.0f}"
    told = "Nearly 100" if share == "100" and empty < polls else share
    return Reason(2, f"{told} % of the polls find an empty ring: busy is not useful.")


class Why(Reducer):
    """The sentence for the screen: the weightiest of the last whole paragraph of trace time.

    A paragraph is `HOLD` columns long, so that a sentence can be read. A weightier sentence in the
    paragraph that is being written is shown at once. Paragraphs are forgotten after two chunks.
    """

    hears = frozenset(_OF_EVENT)

    def __init__(self, column_ps: int) -> None:
        self._paragraph_ps = HOLD * column_ps
        self._young: dict[int, Reason] = {}  # by paragraph, told in this chunk
        self._old: dict[int, Reason] = {}  # in the chunk before

    def turn(self) -> None:
        self._young, self._old = {}, self._young

    def apply(self, record: ev.Event) -> None:
        """Consider an event; among equal reasons the first of a paragraph is kept."""
        reason, paragraph = explain(record), record.time_ps // self._paragraph_ps
        if reason.weight > self._young.get(paragraph, _SILENCE).weight:
            self._young[paragraph] = reason

    def text(self, now_ps: int, histories: Histories) -> str:
        """The sentence at a time, from the events, else from the meters; "" when nothing happened."""
        paragraph = now_ps // self._paragraph_ps
        last, now = self._of(paragraph - 1), self._of(paragraph)
        told = now if now.weight > last.weight else last
        return (told if told.weight else self._of_columns(histories)).text

    def _of(self, paragraph: int) -> Reason:
        old, young = self._old.get(paragraph, _SILENCE), self._young.get(paragraph, _SILENCE)
        return young if young.weight > old.weight else old

    def _of_columns(self, histories: Histories) -> Reason:
        recent = histories.recent()
        return _of_span(recent) if recent else _SILENCE
