"""Interrupts, softirqs and polls: the ways in which a core comes to look at a ring."""

from typing import Literal

from kbview.tape.event import Event, Meaning
from kbview.tape.meter import Meters


class IrqRaised(Event):
    """The NIC's message-signalled interrupt reached the core and its handler ran and masked it.

    `completes`: no received frame was there, only sent frames; None if the source does not know.
    """

    cpu: int
    queue: int
    completes: bool | None = None

    places = ("irq",)
    tracepoint = "irq:irq_handler_entry"
    meaning = Meaning(
        "MSI-X vector",
        "Frames are in memory or were sent; moderation's wait is over: the NIC interrupts the core.",
    )

    def change(self, meters: Meters) -> None:
        meters.interrupts += 1
        if self.completes is not None:
            meters.completion_interrupts = (meters.completion_interrupts or 0) + self.completes
        if ring := meters.ring(self.queue):
            ring.masked = True


class IrqUnmasked(Event):
    """Polling is over; the vector may fire again."""

    cpu: int
    queue: int

    meaning = Meaning("the driver, or the handler itself", "The next frame may interrupt again.")

    def change(self, meters: Meters) -> None:
        if ring := meters.ring(self.queue):
            ring.masked = False


class SoftirqEntered(Event):
    """net_rx_action begins; `by` names the caller.

    The entry is no mode switch, except that a soft interrupt of schednetisr() interrupts user mode.
    `budget` is the most packets of this run (netdev_budget) and `budget_ps` its longest time
    (netdev_budget_usecs); None where the kernel has none, or the source does not know it.
    """

    cpu: int
    by: Literal["irq_exit", "restart", "ksoftirqd", "local_bh_enable", "schednetisr"]
    budget: int | None = None
    budget_ps: int | None = None

    places = ("softirq", "poll")
    tracepoint = "irq:softirq_entry"
    meaning = Meaning(
        "net_rx_action()",
        "The core works on received and sent frames, after an interrupt, in a call, or in ksoftirqd.",
    )

    def change(self, meters: Meters) -> None:
        meters.softirqs += 1


class SoftirqExited(Event):
    """net_rx_action ended; `squeezed` if a budget stopped it."""

    cpu: int
    squeezed: bool

    tracepoint = "irq:softirq_exit"
    meaning = Meaning("handle_softirqs()", "The softirq ends.")

    def change(self, meters: Meters) -> None:
        meters.squeezes += self.squeezed


class KsoftirqdWoken(Event):
    """The softirq loop hit its limit and handed over to the kernel thread."""

    cpu: int

    meaning = Meaning(
        "wakeup_softirqd()",
        "A thread does the rest of the softirq's work when the scheduler runs it.",
    )


class NapiPolled(Event):
    """One device poll took `work` of at most `budget` packets."""

    cpu: int
    queue: int
    work: int
    budget: int

    tracepoint = "napi:napi_poll"
    meaning = Meaning("napi_poll()", "One poll of one ring took at most its budget of packets.")

    def change(self, meters: Meters) -> None:
        meters.polls += 1
        meters.empty_polls += self.work == 0


class BurstReceived(Event):
    """A user-space poll returned `work` frames of at most `budget`."""

    cpu: int
    queue: int
    work: int
    budget: int

    places = ("rx_burst", "umem")
    meaning = Meaning("", "A look at the ring from user space found frames.")

    def change(self, meters: Meters) -> None:
        meters.polls += 1
        meters.empty_polls += self.work == 0


class Spun(Event):
    """A stretch of polls that found nothing, told once. It ends at `time_ps + duration_ps`."""

    cpu: int
    duration_ps: int
    polls: int

    meaning = Meaning("", "Empty polls: core time that no packet needed.")

    def change(self, meters: Meters) -> None:
        meters.polls += self.polls
        meters.empty_polls += self.polls
        meters.core(self.cpu).poll_empty_ps += self.duration_ps
