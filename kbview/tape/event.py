"""Events: what happened to a packet or a core, in the past tense.

Every event has `time_ps` (integer picoseconds since the run began), then where, then what. `packet`
is the packet's number in the trace, from 0; `cpu` and `queue` are numbers. A class that stands for
a kernel tracepoint names it. Which detail it belongs to is in `DETAIL_OF`.

Milestones are the same for every datapath: FrameArrived, FrameMissed, PacketDelivered,
PacketDropped, FrameSent. What lies between is the datapath's own.
"""

from enum import StrEnum
from typing import Literal

import msgspec

from kbview.tape.detail import Detail
from kbview.tape.station import Station

NO_PACKET = -1


class Mode(StrEnum):
    """The privilege a core runs in."""

    USER = "user"
    KERNEL = "kernel"


class Account(StrEnum):
    """What a core's time is booked to; together the accounts are all of its time."""

    IDLE = "idle"
    HARDIRQ = "hardirq"
    SOFTIRQ = "softirq"
    KSOFTIRQD = "ksoftirqd"
    SYSCALL = "syscall"
    COPY = "copy"
    USER = "user"
    POLL_USEFUL = "poll_useful"
    POLL_EMPTY = "poll_empty"


class Event(msgspec.Struct, array_like=True, tag=True, gc=False):
    """One thing that happened."""

    time_ps: int


# ---- markers: said whatever the detail ------------------------------------------------------


class DatapathStarted(Event):
    """From here on, frames take this way; earlier ones have finished on theirs."""

    datapath: str
    summary: str
    stations: tuple[Station, ...]


class EventsLost(Event):
    """The producer could not keep up; this many events are not on the tape."""

    count: int


class SourceEnded(Event):
    """Nothing more will come. `note` says why when it is not simply the end."""

    note: str


# ---- milestones ------------------------------------------------------------------------------


class FrameArrived(Event):
    """The last bit of a frame reached the port. `length` is its wire length with FCS, in bytes."""

    queue: int
    packet: int
    length: int


class FrameMissed(Event):
    """The NIC had no free descriptor: rx_missed_errors. Linux never saw the frame."""

    queue: int
    packet: int


class PacketDelivered(Event):
    """The packet's journey ended well: an application has it, or the kernel was its addressee.

    `where` is the layer that took it: "app", or "arp", "ip", "icmp", "tcp" inside the kernel.
    """

    cpu: int
    packet: int
    where: str
    length: int
    latency_ps: int


class PacketDropped(Event):
    """Somebody gave the packet up (skb:kfree_skb), with the kernel's own name for the reason.

    At the NIC, `where` is "nic" and `cpu` is -1: the frame failed a check and took no descriptor.
    """

    cpu: int
    packet: int
    where: str
    reason: str
    length: int


class FrameSent(Event):
    """A frame left the host."""

    queue: int
    packet: int
    length: int


# ---- steps: NIC and ring ---------------------------------------------------------------------


class DescriptorDone(Event):
    """Frame and descriptor are in memory, the DD bit is set. It comes before any interrupt."""

    queue: int
    packet: int
    slot: int


class DescriptorCleaned(Event):
    """The driver took the frame out of this slot; the slot is not yet the NIC's again."""

    queue: int
    packet: int
    slot: int


class RingRefilled(Event):
    """The driver gave `count` cleaned descriptors back and rang the doorbell (moved tail)."""

    queue: int
    count: int


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


# ---- steps: softirq and polling --------------------------------------------------------------


class SoftirqEntered(Event):
    """net_rx_action begins. Tracepoint irq:softirq_entry. Not a mode switch."""

    cpu: int
    by: Literal["irq_exit", "restart", "ksoftirqd"]


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


# ---- steps: buffers and layers ---------------------------------------------------------------


class StepTaken(Event):
    """A core spent time on a named step; the cost row of that name says why and how sure.

    It ends at `time_ps + duration_ps`. `packet` is NO_PACKET where the work is not one packet's.
    """

    cpu: int
    packet: int
    step: str
    duration_ps: int
    account: Account


class SkbAllocated(Event):
    """The driver built an sk_buff around the frame."""

    cpu: int
    packet: int
    truesize: int


class SkbFreed(Event):
    """The sk_buff went back to its cache. Tracepoint skb:consume_skb when it was not a drop."""

    cpu: int
    packet: int


class Copied(Event):
    """A CPU copied payload. `kind` is the pair it went between, such as "to_user"."""

    cpu: int
    packet: int
    kind: str
    length: int


# ---- steps: sockets and tasks ----------------------------------------------------------------


class SocketQueued(Event):
    """A packet waits in a socket's receive queue. Sizes are truesize, as the kernel counts them."""

    cpu: int
    packet: int
    socket: str
    queued: int
    rcvbuf: int


class SocketDequeued(Event):
    """The application took a packet from the receive queue; `queued` is what is left, truesize."""

    cpu: int
    packet: int
    socket: str
    queued: int


class TaskWoken(Event):
    """A sleeping task became runnable. Tracepoint sched:sched_waking."""

    cpu: int
    task: str


class SyscallEntered(Event):
    """The application asked the kernel. Tracepoint syscalls:sys_enter_<name>."""

    cpu: int
    name: str


class ModeSwitched(Event):
    """The core changed privilege, same task. `why` is "syscall" or "irq"."""

    cpu: int
    to: Mode
    why: str


class ContextSwitched(Event):
    """Another task runs now. Tracepoint sched:sched_switch."""

    cpu: int
    to: str


MARKERS = (DatapathStarted, EventsLost, SourceEnded)
MILESTONES = (FrameArrived, FrameMissed, PacketDelivered, PacketDropped, FrameSent)
STEPS = (
    DescriptorDone,
    DescriptorCleaned,
    RingRefilled,
    IrqRaised,
    IrqUnmasked,
    SoftirqEntered,
    SoftirqExited,
    KsoftirqdWoken,
    NapiPolled,
    BurstReceived,
    Spun,
    StepTaken,
    SkbAllocated,
    SkbFreed,
    Copied,
    SocketQueued,
    SocketDequeued,
    TaskWoken,
    SyscallEntered,
    ModeSwitched,
    ContextSwitched,
)
DETAIL_OF: dict[type[Event], Detail] = {
    **dict.fromkeys(MARKERS, Detail.METERS),
    **dict.fromkeys(MILESTONES, Detail.MILESTONES),
    **dict.fromkeys(STEPS, Detail.STEPS),
}
