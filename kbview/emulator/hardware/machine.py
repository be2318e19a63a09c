"""The machine: cores, NIC, the peer at the other end of its cable, and the books."""

from dataclasses import dataclass
from itertools import count
from typing import Annotated, Literal

from kbview.emulator.cost import Prices, UnpricedStepError
from kbview.emulator.engine import NEVER_PS, Actor
from kbview.emulator.hardware.books import Books
from kbview.emulator.hardware.bus import timing
from kbview.emulator.hardware.cable import Wires
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.counts import WorkCounts
from kbview.emulator.hardware.idle import Governor, idle_states
from kbview.emulator.hardware.memory import Ddio, Tlb, reach
from kbview.emulator.hardware.moderation import ModerationSettings
from kbview.emulator.hardware.nic import Nic, NicSettings
from kbview.emulator.hardware.peer import Peer
from kbview.emulator.hardware.placement import FROM_REMOTE, PlacementSettings, places
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.sibling import sibling_cores
from kbview.emulator.hardware.tx import TxRing, TxTiming
from kbview.emulator.keys import ScenarioError, meaning, number
from kbview.tape.event import HOST_PACKETS

CState = Literal["C1", "C1E", "C3", "C6"]


@dataclass(frozen=True, kw_only=True)
class MachineSettings(NicSettings, ModerationSettings, PlacementSettings):
    """The machine: cores, memory, and the NIC in it."""

    cores: Annotated[int, number("cores of the machine", "cores", ge=1, le=256)] = 2
    irq_cores: (
        Annotated[
            int,
            number(
                "cores that the queues' interrupts go to, or that poll them (smp_affinity); unset: all",
                "cores",
                ge=1,
                le=256,
            ),
        ]
        | None
    ) = None
    clock_mhz: (
        Annotated[int, number("clock of the cores; unset: the profile's own", ge=1, le=20_000)] | None
    ) = None
    max_cstate: Annotated[CState, meaning("deepest idle state that a core may enter")] = "C6"
    iommu: Annotated[
        bool, meaning("whether the IOMMU translates the addresses that the NIC writes to")
    ] = False
    page_conflicts: Annotated[
        bool,
        meaning("whether buffers begin at pages that meet by chance in the sets of DDIO's share"),
    ] = False
    page: Annotated[
        Literal["4K", "2M", "1G"] | None,
        meaning("size of the pages that hold packet buffers; unset: the datapath's own"),
    ] = None

    def check_together(self) -> None:
        super().check_together()
        if self.irq_cores is not None and self.irq_cores > self.cores:
            raise ScenarioError(f"irq_cores = {self.irq_cores} is out of range; use 1 to {self.cores}")
        self.check_nodes(self.cores)

    @property
    def queue_cores(self) -> int:
        """How many cores have a receive queue, from core 0 on."""
        return min(self.irq_cores or self.cores, self.queues)


class Machine:
    """The parts that all datapaths of one run share. `packets` numbers the host's own frames."""

    def __init__(self, prices: Prices, nic: Nic, settings: MachineSettings, books: Books) -> None:
        self.prices = prices
        self._nic_ps = round(settings.nic_latency_ns * 1000)
        self.facts = prices.calibration.memory
        self.ddio = Ddio(
            nic,
            self.facts.ddio_bytes if self.facts else None,
            conflicts=settings.page_conflicts,
        )
        self.nic = nic
        self._irq_cores = settings.irq_cores or settings.cores
        self.meters = books.meters
        self.recorder = books.recorder
        self.books = books
        self.counts = WorkCounts(books.meters, books.recorder)
        self.cores = self._cores(settings)
        self.smt, self.nodes, self._nic_node = settings.smt, settings.numa_nodes, settings.nic_node
        if self.nodes > 1:
            prices.step(FROM_REMOTE)  # on every datapath
        self.actors: list[Actor] = [*self.cores, nic]
        self.peer: Peer | None = None
        self.packets = count(HOST_PACKETS)
        self.lookahead_ps = NEVER_PS  # from a peer's action to its arrival, at least
        self.until_ps = NEVER_PS  # nobody needs to be further than this
        self.placed_flows = 0  # flows of datagrams that have their socket

    def _cores(self, settings: MachineSettings) -> list[Core]:
        prices, seats = self.prices, places(settings.cores, settings)
        states = idle_states(prices, settings.max_cstate)
        if not settings.smt:
            return [Core(seat, prices, Governor(states), self.counts) for seat in seats]
        facts = prices.calibration.siblings
        if facts is None:
            raise UnpricedStepError(
                f"profile {prices.calibration.name} does not say how much the threads of a core slow "
                "each other; add [siblings] with slowdown and its source"
            )
        governors = [Governor(states) for _ in seats]
        return sibling_cores(seats, prices, governors, self.counts, facts.slowdown)

    def connect(self, peer: Peer) -> None:
        """Put a host at the other end of the cable."""
        self.peer = peer
        self.lookahead_ps = peer.lookahead_ps
        self.actors.append(peer)
        peer.start()

    def take_up(self, settings: MachineSettings, *, compressed: bool, page: str, sending: bool) -> None:
        """Set how long each frame occupies the bus under the datapath that begins now, without sockets.

        `compressed`: its driver lets the NIC write several completions at once; `page`: size of its
        buffers' pages; both unless the settings say otherwise. `sending`: it also transmits.
        """
        self.placed_flows = 0
        if settings.cqe_compression is not None:
            compressed = settings.cqe_compression
        misses = 0.0
        if settings.iommu and self.facts is not None:
            descriptors = settings.ring + (settings.tx_ring if sending else 0)
            buffers = len(self.nic.queues) * descriptors
            misses = reach(self.facts, settings.page or page, buffers).iotlb
        self.nic.bus.timing = timing(self.prices, compressed=compressed, iotlb_misses=misses)

    def tx_ring(self, queue: int, size: int) -> TxRing:
        """A transmit ring for a queue; the NIC has it once it is opened with it."""
        prices = self.prices
        fetch_ps = prices.step("tx_fetch").cost_ps + self._nic_ps
        timing = TxTiming(fetch_ps, prices.step("dma_write").cost_ps)
        wires = Wires(self.nic.link, self.nic.bus)
        ring = TxRing(queue, size, wires, timing, self.books, self.counts)
        if self.peer is not None:
            ring.hear = self.peer.hear
        return ring

    def tlb(self, page: str, buffers: int) -> Tlb | None:
        """A core's TLB for so many buffers in such pages; None where all translations are found."""
        if self.facts is None:
            return None
        found = reach(self.facts, page, buffers)
        if not found.first:
            self.meters.tlb_misses = self.meters.tlb_misses or 0
            return None
        step = self.prices.step
        return Tlb(found, step("second_tlb"), step("page_walk"), self.counts)

    def open_nic(self, settings: MachineSettings, *, receives: bool = True) -> list[TxRing]:
        """Give each queue its descriptor rings and let traffic in; returns the transmit rings.

        Without `receives` the driver posts no receive descriptors, so the NIC misses each frame.
        """
        rings = [RxRing(queue.number, settings.ring) for queue in self.nic.queues]
        if not receives:
            for ring in rings:
                ring.withhold()
        tx_rings = [self.tx_ring(ring.queue, settings.tx_ring) for ring in rings]
        self.nic.open(rings, tx_rings)
        return tx_rings

    def core_of(self, queue: int) -> Core:
        """The core that a queue's vector goes to."""
        return self.cores[queue % self._irq_cores]

    def hops(self, queue: int, lines: int = 2) -> tuple[str, ...]:
        """The steps that fetch `lines` of a frame from the NIC's node to a queue's core.

        Descriptor and headers are two lines; a driver that reads descriptors ahead waits for the
        headers alone. () where the core is in the NIC's node.
        """
        return (FROM_REMOTE,) * lines if self.core_of(queue).place.node != self._nic_node else ()

    def queues_of(self, core: Core) -> list[RxQueue]:
        """The receive queues that belong to a core; empty where it has none."""
        return [queue for queue in self.nic.queues if self.core_of(queue.number) is core]

    def bound_ps(self, core: Core) -> int:
        """Time up to which a core may run without yielding: a peer's answer cannot arrive before."""
        if self.peer is None:
            return self.until_ps
        return min(self.until_ps, core.horizon_ps + self.lookahead_ps)

    def others_due_ps(self, *apart: Actor) -> int:
        """When the first actor is due that is not among `apart`, at most `until_ps`."""
        return min(self.until_ps, *[actor.due_ps for actor in self.actors if actor not in apart])

    def settle(self, until_ps: int) -> None:
        """Bring every core and the NIC up to a time, so that the books can be read."""
        self.nic.settle(until_ps)
        for core in self.cores:
            core.book_rest(until_ps)

    def resting(self) -> bool:
        """Whether no core has work or an interrupt to come, no frame leaves, the peer has no plans."""
        return (
            all(core.resting and core.irq_due_ps >= NEVER_PS for core in self.cores)
            and self.nic.idle
            and (self.peer is None or self.peer.due_ps >= NEVER_PS)
        )
