"""Interrupts, softirqs and polls: how a core comes to look at a ring."""

from typing import Literal

from kbview.tape.event import Event


class IrqRaised(Event):
    """The NIC's message-signalled interrupt reached the core and its handler ran and masked it.

    Tracepoint irq:irq_handler_entry.
    """

    cpu: int
    queue: int


class IrqUnmasked(Event):
    """Polling is over; the vector may fire again."""

    cpu: int
    queue: int


class SoftirqEntered(Event):
    """net_rx_action begins. Tracepoint irq:softirq_entry. Not a mode switch, unless it was asked for
    by schednetisr() and interrupts user mode later.
    """

    cpu: int
    by: Literal["irq_exit", "restart", "ksoftirqd", "local_bh_enable", "schednetisr"]


class SoftirqExited(Event):
    """net_rx_action ended; `squeezed` if a budget stopped it. Tracepoint irq:softirq_exit."""

    cpu: int
    squeezed: bool


class KsoftirqdWoken(Event):
    """The softirq loop hit its limit and handed over to the kernel thread."""

    cpu: int


class NapiPolled(Event):
    """One device poll took `work` of at most `budget` packets. Tracepoint napi:napi_poll."""

    cpu: int
    queue: int
    work: int
    budget: int


class BurstReceived(Event):
    """A user-space poll returned `work` frames of at most `budget`."""

    cpu: int
    queue: int
    work: int
    budget: int


class Spun(Event):
    """A stretch of polls that found nothing, told once. It ends at `time_ps + duration_ps`."""

    cpu: int
    duration_ps: int
    polls: int
