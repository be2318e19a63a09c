"""A source that needs no emulator: plausible events at a packet a microsecond, on two datapaths.

Packets come in batches of 16. The kernel path interrupts for each batch, wakes a reader and copies;
the bypass polls. One packet in 200 is dropped at the socket, one in 500 is missed by the NIC.
"""

from collections.abc import Iterator
from typing import ClassVar

from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.events import Account, Mode
from kbview.tape.meter import TOTALS, CoreMeter, Meters, RingMeter, Sample, SocketMeter
from kbview.tape.source import Capabilities, Heading, Origin, Source, SourceError
from kbview.tape.station import STACK, Domain, Station, bypass
from kbview.tape.steps import STEPS, resolve
from kbview.tape.tape import Tape
from kbview.tape.vocabulary import CopyKind, DropReason, Place

US = 10**6
NS = 10**3
BATCH = 16
HARDWARE = (
    Station("wire", Domain.HARDWARE, "bits on the cable"),
    Station("NIC", Domain.HARDWARE, "checks and DMA"),
    Station("rx ring", Domain.HARDWARE, "descriptors"),
)
APP = Station("app", Domain.USER, "the application")
_STATIONS: dict[str, tuple[Station, ...]] = {
    "kernel": (
        *HARDWARE,
        *STACK,
        Station("read", Domain.KERNEL, "a system call"),
        APP,
    ),
    "dpdk": (
        *HARDWARE,
        *bypass(STACK),
        Station("rx_burst", Domain.USER, "polls the ring"),
        Station("mbuf", Domain.USER, "a buffer of the pool"),
        APP,
    ),
}
PATHS = {name: resolve(stations, STEPS) for name, stations in _STATIONS.items()}
ALL_METERS = frozenset(TOTALS) | {"rings", "sockets", "cores", "costs", "drops", "latency"}


class Scripted(Source):
    """Ends after `packets`; fails with a SourceError at `fails_ps`; waits for `pass_time` if `live`.

    Records `frame` as the bytes of every packet, if it is not empty.
    """

    name: ClassVar[str] = "scripted"
    summary: ClassVar[str] = "for tests"

    def __init__(
        self,
        packets: int = 10**9,
        *,
        heading: str = "script",
        meters: frozenset[str] = ALL_METERS,
        fixed: bool = False,
        fails_ps: int | None = None,
        live: bool = False,
        frame: bytes = b"",
    ) -> None:
        self.heading = Heading(Origin.EMULATED, heading, "toy")
        self.capabilities = Capabilities(live=live, switchable=not fixed, meters=meters)
        self._frame = frame
        self._live_ps = 0 if live else 1 << 62
        self.closed = False
        self._left = packets
        self._fixed = fixed
        self._fails_ps = fails_ps
        self._detail = Detail.STEPS
        self._datapath = "kernel"
        self._announced = ""
        self._begin_ps = 0  # of the next batch
        self._packet = 0
        self._pending: list[ev.Event] = []
        self._ended = False
        self._meters = Meters(
            cores=[CoreMeter(0), CoreMeter(1)],
            rings=[RingMeter(0, 512, tail=511)],
            sockets={"udp :9000": SocketMeter("udp :9000", rcvbuf=212_992)},
        )

    def pass_time(self, duration_ps: int) -> None:
        """A live source sees so much more."""
        self._live_ps += duration_ps

    def can_run(self) -> str | None:
        return None

    @property
    def ended(self) -> bool:
        return self._ended

    def datapaths(self) -> tuple[str, ...]:
        return () if self._fixed else tuple(PATHS)

    def switch(self, datapath: str) -> None:
        self._datapath = datapath

    def set_detail(self, detail: Detail) -> None:
        self._detail = detail

    def close(self) -> None:
        self.closed = True

    def pump(self, tape: Tape, until_ps: int, *, budget_s: float = float("inf")) -> int:
        until_ps = min(until_ps, self._live_ps)
        if self._fails_ps is not None and until_ps > self._fails_ps:
            raise SourceError("script: line 3 makes no sense; repair it", 3)
        if not self._pending and self._announced != self._datapath:
            self._announce(tape, tape.end_ps)
        while self._begin_ps <= until_ps and self._left > 0:
            self._write_batch()
        due = [event for event in self._pending if event.time_ps <= until_ps]
        self._pending = self._pending[len(due) :]
        for event in due:
            event.change(self._meters)
        tape.extend(event for event in due if event.level <= self._detail)
        reached_ps = max(until_ps, tape.end_ps)
        if not self._left and not self._pending:
            self._ended = True
            tape.extend([self._sample(reached_ps), ev.SourceEnded(reached_ps, "")])
        else:
            tape.extend([self._sample(reached_ps)])
        return reached_ps

    def _announce(self, tape: Tape, now_ps: int) -> None:
        self._announced = self._datapath
        stations = PATHS[self._datapath]
        started = ev.DatapathStarted(now_ps, self._datapath, "as scripted", stations)
        tape.extend([started, self._sample(now_ps)])
        for ring in self._meters.rings:
            ring.masked = False if self._datapath == "kernel" else None

    def _sample(self, now_ps: int) -> Sample:
        for core in self._meters.cores:
            core.idle_ps = 0
            core.idle_ps = max(0, now_ps - sum(core.of(account) for account in Account))
        return Sample(now_ps, self._meters.copy(), self._detail)

    def _write_batch(self) -> None:
        if self._pending and self._announced != self._datapath:
            self._begin_ps += BATCH * US
            return
        size = min(BATCH, self._left)
        packets = range(self._packet, self._packet + size)
        way = self._kernel if self._announced == "kernel" else self._dpdk
        events = [*self._arrive(packets), *way(packets)]
        self._pending = sorted([*self._pending, *events], key=lambda event: event.time_ps)
        self._packet += size
        self._left -= size
        self._begin_ps += BATCH * US

    def _arrive(self, packets: range) -> Iterator[ev.Event]:
        for at, packet in enumerate(packets):
            now_ps = self._begin_ps + at * US
            if self._frame:
                yield ev.FrameRecorded(now_ps, packet, 100, self._frame)
            yield ev.FrameArrived(now_ps, 0, packet, 100)
            if packet % 500 == 499:
                yield ev.FrameMissed(now_ps, 0, packet)
            else:
                yield ev.DescriptorDone(now_ps + 300 * NS, 0, packet, packet % 512)

    def _kernel(self, packets: range) -> Iterator[ev.Event]:
        now_ps = self._begin_ps + BATCH * US
        taken = [packet for packet in packets if packet % 500 != 499]
        yield ev.ModeSwitched(now_ps, 0, Mode.KERNEL, "irq")
        yield ev.IrqRaised(now_ps, 0, 0)
        yield ev.StepTaken(now_ps, 0, ev.NO_PACKET, "hardirq", 200 * NS, Account.HARDIRQ)
        yield ev.SoftirqEntered(now_ps + 200 * NS, 0, "irq_exit")
        for at, packet in enumerate(taken):
            yield from self._through_stack(now_ps + (300 + 500 * at) * NS, packet)
        now_ps += 10 * US
        yield ev.NapiPolled(now_ps, 0, 0, len(taken), 64)
        yield ev.RingRefilled(now_ps, 0, len(taken))
        yield ev.IrqUnmasked(now_ps, 0, 0)
        yield ev.SoftirqExited(now_ps, 0, False)
        yield ev.TaskWoken(now_ps, 0, "sink")
        yield ev.ContextSwitched(now_ps, 1, "sink")
        for at, packet in enumerate(taken):
            if packet % 200 != 199:
                yield from self._read(now_ps + 300 * at * NS, packet)
        yield ev.ContextSwitched(now_ps + 6 * US, 1, "idle")

    def _through_stack(self, now_ps: int, packet: int) -> Iterator[ev.Event]:
        yield ev.DescriptorCleaned(now_ps, 0, packet, packet % 512)
        yield ev.SkbAllocated(now_ps, 0, packet, 768)
        for step in ("skb_alloc", "ip_rcv", "udp_rcv", "socket_enqueue"):
            now_ps += 100 * NS
            yield ev.StepTaken(now_ps, 0, packet, step, 100 * NS, Account.SOFTIRQ)
        if packet % 200 == 199:
            yield ev.PacketDropped(now_ps, 0, packet, Place.SOCKET, DropReason.SOCKET_RCVBUFF, 100)
            yield ev.SkbFreed(now_ps, 0, packet)
        else:
            yield ev.SocketQueued(now_ps, 0, packet, "udp :9000", 768 * (packet % BATCH + 1), 212_992)

    def _read(self, now_ps: int, packet: int) -> Iterator[ev.Event]:
        yield ev.SyscallEntered(now_ps, 1, "recvfrom")
        yield ev.ModeSwitched(now_ps, 1, Mode.KERNEL, "syscall")
        yield ev.StepTaken(now_ps, 1, packet, "syscall_enter", 50 * NS, Account.SYSCALL)
        yield ev.StepTaken(now_ps + 50 * NS, 1, packet, "copy_to_user", 100 * NS, Account.COPY)
        yield ev.Copied(now_ps + 150 * NS, 1, packet, CopyKind.TO_USER, 58)
        yield ev.SkbFreed(now_ps + 150 * NS, 1, packet)
        yield ev.ModeSwitched(now_ps + 150 * NS, 1, Mode.USER, "syscall")
        yield ev.SocketDequeued(now_ps + 150 * NS, 1, packet, "udp :9000", 0)
        yield ev.PacketDelivered(now_ps + 150 * NS, 1, packet, Place.APP, 100, 20 * US)
        yield ev.StepTaken(now_ps + 150 * NS, 1, packet, "app_work", 100 * NS, Account.USER)

    def _dpdk(self, packets: range) -> Iterator[ev.Event]:
        for at, packet in enumerate(packets):
            if packet % 500 == 499:
                continue
            now_ps = self._begin_ps + at * US + 400 * NS
            yield ev.BurstReceived(now_ps, 0, 0, 1, 32)
            yield ev.DescriptorCleaned(now_ps, 0, packet, packet % 512)
            yield ev.StepTaken(now_ps, 0, packet, "pmd_descriptor", 20 * NS, Account.POLL_USEFUL)
            yield ev.StepTaken(now_ps + 20 * NS, 0, packet, "mbuf_alloc", 20 * NS, Account.POLL_USEFUL)
            yield ev.RingRefilled(now_ps + 40 * NS, 0, 1)
            yield ev.StepTaken(now_ps + 40 * NS, 0, packet, "app_work", 60 * NS, Account.USER)
            yield ev.PacketDelivered(now_ps + 100 * NS, 0, packet, Place.APP, 100, 600 * NS)
            yield ev.Spun(now_ps + 110 * NS, 0, 880 * NS, 60)
