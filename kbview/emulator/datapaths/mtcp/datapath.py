"""mTCP: TCP in user space. Frames in bursts, events and jobs in batches; calls are functions."""

from kbview.emulator.application import APPLICATIONS
from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.datapath import NIC, RX_RING, TX_RING, WIRE, Datapath
from kbview.emulator.datapaths.mtcp.app_thread import AppThread
from kbview.emulator.datapaths.mtcp.captured import Captured
from kbview.emulator.datapaths.mtcp.connections import Connections
from kbview.emulator.datapaths.mtcp.input import Input
from kbview.emulator.datapaths.mtcp.io import BATCH, Io
from kbview.emulator.datapaths.mtcp.output import Output
from kbview.emulator.datapaths.mtcp.poll_io import PollIo
from kbview.emulator.datapaths.mtcp.psio_io import PsioIo
from kbview.emulator.datapaths.mtcp.queues import EventQueue
from kbview.emulator.datapaths.mtcp.streams import Streams
from kbview.emulator.datapaths.mtcp.tcp_thread import TcpThread
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.kernel.psio.engine import PsioQueue
from kbview.emulator.kernel.psio.handle import PsioHandle
from kbview.emulator.kernel.psio.stations import ENGINE
from kbview.emulator.kernel.softirq import Softirqs
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import Settings
from kbview.tape.meter import RingMeter, SocketMeter
from kbview.tape.station import STACK, Domain, Station, bypass

RX_BURST = Station(
    "rx_burst",
    Domain.USER,
    "the TCP thread reads descriptors itself, up to 64 frames at a call",
    ("rx_burst", "rx_burst_empty", "BurstReceived", "pmd_descriptor", "mbuf_alloc"),
)
TCP_THREAD = Station(
    "TCP thread",
    Domain.USER,
    "IP and TCP as a loop of its own; text is copied into the stream's ring: copy 1",
    ("mtcp_ip_in", "mtcp_tcp_in", "mtcp_create_stream", "mtcp_copy_in", "mtcp_timer"),
)
EVENTS = Station(
    "events",
    Domain.USER,
    "events gather and are handed over a batch at a time; then a futex wakes the application",
    ("mtcp_event", "mtcp_flush_events", "SocketQueued", "futex_wake"),
)
READ = Station(
    "read",
    Domain.USER,
    "function calls, no system call: text is copied out of the ring: copy 2",
    ("mtcp_epoll_wait", "mtcp_accept", "mtcp_read", "SocketDequeued", "mtcp_copy_out"),
)
APP = Station("app", Domain.USER, "the application's own work", ("app_work",))
JOBS = Station(
    "jobs",
    Domain.USER,
    "the answer is copied to the send buffer and named to the TCP thread, which writes frames of it",
    (
        "mtcp_write",
        "mtcp_copy_back",
        "mtcp_job",
        "mtcp_tcp_out",
        "mtcp_copy_frame",
        "tx_burst",
        "psio_send",
        "psio_tx_cell",
        "psio_tx_copy",
    ),
)
POLLED = (
    "dma_write",
    "msix_delivery",
    "rx_burst",
    "rx_burst_empty",
    "pmd_descriptor",
    "descriptor_line",
    "mbuf_alloc",
    "mbuf_free",
    "tx_burst",
    "pmd_tx_descriptor",
)
CHUNKED = (
    "hardirq",
    "softirq_dispatch",
    "napi_poll",
    "try_to_wake_up",
    "idle_exit",
    "psio_select",
    "psio_recv",
    "first_touch",
    "psio_rx_cell",
    "psio_rx_copy",
    "irq_enable",
    "psio_send",
    "psio_tx_cell",
    "psio_tx_copy",
    "psio_tx_head",
)
ABOVE = (TCP_THREAD, EVENTS, READ, APP)


class Mtcp(Datapath):
    """A TCP thread and an application thread on each core, which share nothing with other cores."""

    name = "mtcp"
    summary = (
        "TCP in user space: bursts, two copies, events and jobs in batches; no system call a packet"
    )
    stations = (WIRE, NIC, RX_RING, *bypass(STACK), RX_BURST, *ABOVE)
    compressed_completions = True  # mlx5: rxq_cqe_comp_en
    page = "2M"
    serves = ("sink", "echo", "http")
    speaks_tcp = True
    takes_datagrams = False
    steps = (
        *POLLED,
        *CHUNKED,
        "mtcp_ip_in",
        "mtcp_tcp_in",
        "mtcp_create_stream",
        "mtcp_copy_in",
        "mtcp_timer",
        "mtcp_event",
        "mtcp_flush_events",
        "syscall_enter",
        "futex_wake",
        "syscall_exit",
        "context_switch",
        "futex_wait",
        "mtcp_epoll_wait",
        "mtcp_accept",
        "mtcp_read",
        "mtcp_copy_out",
        "app_work",
        "mtcp_write",
        "mtcp_copy_back",
        "mtcp_close",
        "mtcp_job",
        "mtcp_tcp_out",
        "mtcp_copy_frame",
        "mtcp_destroy_stream",
        "doorbell",
        "tx_fetch",
    )
    reading = ("E. Jeong et al., mTCP, NSDI 2014", "github.com/mtcp-stack/mtcp")

    def __init__(self, machine: Machine, settings: Settings, host: Host) -> None:
        self._machine = machine
        self._settings = settings
        self._host = host
        self._rings = [RxRing(queue.number, settings.ring) for queue in machine.nic.queues]
        self._tx_rings = [machine.tx_ring(ring.queue, settings.tx_ring) for ring in self._rings]
        self._app = APPLICATIONS[settings.app](machine)
        self._on_psio = settings.mtcp_io == "psio"
        self._threads: list[TcpThread] = []

    def start(self) -> None:
        machine = self._machine
        machine.nic.open(self._rings, self._tx_rings)
        softirqs = Softirqs(machine, self._settings)
        for core in machine.cores:
            queues = [queue for queue in machine.nic.queues if machine.core_of(queue.number) is core]
            if queues:
                io = self._psio(core, queues, softirqs) if self._on_psio else self._dpdk(core, queues)
                self._threads.append(self._thread(core, io))

    def _dpdk(self, core: Core, queues: list[RxQueue]) -> Io:
        """A poll-mode driver for the queues of a core."""
        machine, settings = self._machine, self._settings
        buffers = len(queues) * (settings.ring + settings.tx_ring)
        tlb = machine.tlb(settings.page or self.page, buffers)
        ports = [PortQueue(machine, each, self._tx_rings[each.number], tlb, BATCH) for each in queues]
        return PollIo(machine, core, ports)

    def _psio(self, core: Core, queues: list[RxQueue], softirqs: Softirqs) -> Io:
        """The engine in the kernel, with the queues of a core attached."""
        machine = self._machine
        handle = PsioHandle(machine, core, softirqs)
        for queue in queues:
            handle.attach(PsioQueue(machine, queue, self._tx_rings[queue.number]))
        return PsioIo(machine, handle, BATCH)

    def _thread(self, core: Core, io: Io) -> TcpThread:
        machine = self._machine
        output = Output(machine, core, io.alloc)
        streams = self._streams(core, output)
        thread = TcpThread(io, output, Input(machine, core, self._host, streams), streams)
        thread.start(AppThread(machine, io, streams, self._app, self._settings))
        return thread

    def _streams(self, core: Core, output: Output) -> Streams:
        """Connections of peers that hear what is answered, or the streams of a capture."""
        machine, settings = self._machine, self._settings
        events = EventQueue(machine, core)
        if machine.peer is not None:
            return Connections(machine, core, events, output, settings)
        return Captured(machine, core, events, self._app, settings)

    def path(self) -> tuple[Station, ...]:
        below = (WIRE, NIC, *ENGINE) if self._on_psio else self.stations[: -len(ABOVE)]
        if self._settings.app == "sink":
            return (*below, *ABOVE)
        return (*below, *ABOVE, JOBS, TX_RING)

    def finish(self) -> None:
        for thread in self._threads:
            thread.wait_anew()

    def abandon(self) -> None:
        for thread in self._threads:
            thread.streams.abandon()

    def plans_ps(self) -> int:
        return min((thread.due_ps for thread in self._threads), default=NEVER_PS)

    def held(self) -> int:
        return sum(thread.streams.held for thread in self._threads)

    def rings(self) -> list[RingMeter]:
        return [ring for thread in self._threads for ring in thread.rings()]

    def sockets(self) -> dict[str, SocketMeter]:
        return {
            name: meter for thread in self._threads for name, meter in thread.streams.meters().items()
        }
