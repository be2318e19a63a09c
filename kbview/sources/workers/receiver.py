"""The Receiver contract: a real way from the link to an application, which counts its work."""

import resource
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import msgspec

from kbview.sources.workers.message import Reading, StackCounts
from kbview.sources.workers.sampling import Sampling, Stamp
from kbview.tape.histogram import Histogram
from kbview.tape.meter import RingMeter, SocketMeter


class Ingress(msgspec.Struct, frozen=True):
    """Where to receive: a link and its address in this process's namespace, the UDP port, if only one.

    `stamped`: whether the frames are the lab's own, with a stamp in them.
    """

    link: str
    address: str
    port: int | None
    queue: int | None = None
    stamped: bool = True


class ReceiverWorker(ABC):
    """Opens its descriptors, then receives until told to stop.

    A subclass counts in `receive`: `polls` are looks for frames, `syscalls` its own calls into the
    kernel. Meters that it cannot know stay zero and are named in `unknown`.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    copies_each: int = 1  # of a packet's bytes by a CPU, by design; not measured
    skbs_each: int = 0  # sk_buffs of a packet that never reach the stack, by design; not measured
    unknown: ClassVar[frozenset[str]] = frozenset()  # meters
    keeps_privileges: ClassVar[bool] = False

    def __init__(self) -> None:
        self.mode = ""
        self.delivered = self.bytes = self.polls = self.empty_polls = self.syscalls = 0
        self.taken_bytes = 0  # that a copy of all packets moves: no FCS, no padding, no cut bytes
        self.polling_ns = self.useful_ns = 0  # of one that never sleeps: see Reading
        self.sampling = Sampling()
        self._latencies: list[int] = []
        self._used_before = (0, 0, 0, 0)

    @abstractmethod
    def open(self, place: Ingress) -> None:
        """Take the way into use. Errors: OSError."""

    @abstractmethod
    def receive(self, until_ns: int) -> None:
        """Receive, sleeping when nothing is there, until CLOCK_MONOTONIC says so or a little later."""

    @abstractmethod
    def close(self) -> None:
        """Give everything back."""

    def begin(self) -> None:
        """Count usage from now on: starting the process was no work for packets."""
        self._used_before = self.usage()

    def drops(self) -> dict[str, int]:
        """Packets that this way gave up, by "where/REASON", since `open`."""
        return {}

    def rings(self) -> list[RingMeter]:
        """The rings it has now."""
        return []

    def sockets(self) -> dict[str, SocketMeter]:
        """The sockets it has now."""
        return {}

    def seen(self) -> int:
        """Frames that came this way so far, of a way that others' frames do not take."""
        raise NotImplementedError

    def usage(self) -> tuple[int, int, int, int]:
        """CPU time in user and in kernel mode (ns), voluntary and involuntary switches, in all."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return round(used.ru_utime * 1e9), round(used.ru_stime * 1e9), used.ru_nvcsw, used.ru_nivcsw

    def took(self, received_ns: int, stamps: list[Stamp], wire: list[int], taken: list[int]) -> None:
        """The application has packets: their stamps, lengths on the wire, lengths that it got."""
        self.delivered += len(wire)
        self.bytes += sum(wire)
        self.taken_bytes += sum(taken)
        self._latencies += [received_ns - sent for _, sent in stamps if sent]

    def reading(self, came: Callable[[], int], kernel: StackCounts) -> Reading:
        """Everything, as it is now; `came` counts the link's frames, and is asked last."""
        used = zip(self.usage(), self._used_before, strict=True)
        user_ns, system_ns, voluntary, involuntary = (now - before for now, before in used)
        histogram = Histogram()
        histogram.add([max(0, ns) * 1000 for ns in self._latencies])
        return Reading(
            time_ns=time.monotonic_ns(),
            kind=self.name,
            mode=self.mode,
            delivered=self.delivered,
            bytes=self.bytes,
            polls=self.polls,
            empty_polls=self.empty_polls,
            syscalls=self.syscalls,
            copies=self.delivered * self.copies_each,
            copied_bytes=self.taken_bytes * self.copies_each,
            skbs=self.delivered * self.skbs_each,
            user_ns=user_ns,
            system_ns=system_ns,
            polling_ns=self.polling_ns,
            useful_ns=self.useful_ns,
            voluntary=voluntary,
            involuntary=involuntary,
            drops=self.drops(),
            rings=self.rings(),
            sockets=self.sockets(),
            latency=histogram,
            kernel=kernel,
            events=self.sampling.events,
            untold=self.sampling.untold,
            came=came(),
        )

    def forget(self) -> None:
        """The last reading has reached the pipe."""
        self._latencies.clear()
        self.sampling.forget()
