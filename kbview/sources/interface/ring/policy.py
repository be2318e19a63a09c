"""What is made of a block: told packet by packet, measured, or only counted."""

import mmap
import time

from kbview.sources.interface.ring.cpu_budget import CpuBudget
from kbview.sources.interface.ring.parse import Manner, Measured, Moment, measure, tell
from kbview.sources.interface.ring.totals import RingSum
from kbview.sources.linux.packet_ring import layout
from kbview.sources.linux.packet_ring.block import Block, Framing
from kbview.sources.linux.packet_ring.settings import RingSettings
from kbview.tape.detail import Detail
from kbview.tape.events import Event

Record = Event | RingSum

_MOST_FLOWS = 65_536


class BlockPolicy:
    """Numbers packets in the order in which they are read. `flows` are the rxhashes seen.

    `passed_over` counts packets with headers that were not read, because `cpu_budget` was used up.
    """

    def __init__(self, settings: RingSettings, framing: Framing) -> None:
        self.detail = Detail.METERS
        self.flows: set[int] = set()
        self.passed_over = 0
        self._snap = settings.snap
        self._framing = framing
        self.cpu_budget = CpuBudget(settings.share)
        self._overhead = 85.5  # bytes of header and padding beside an Ethernet frame, until measured
        self._packet = 0

    def of(self, memory: mmap.mmap, block: Block, moment: Moment) -> list[Record]:
        """The block's records, in time order."""
        first, self._packet = self._packet, self._packet + block.packets
        if not self.cpu_budget.granted(time.monotonic()):
            self.passed_over += block.packets
            return self._untold(block, self._estimate(block), moment)
        began_s = time.thread_time()
        if self.detail is Detail.METERS or not moment.telling:
            records = self._untold(block, self._measured(memory, block), moment)
        else:
            records = self._told(memory, block, moment, first)
        self.cpu_budget.charge(time.thread_time() - began_s)
        return records

    def _told(self, memory: mmap.mmap, block: Block, moment: Moment, first: int) -> list[Record]:
        manner = Manner(self.detail is Detail.STEPS, self._snap, self._framing)
        records: list[Record] = [*tell(memory, block, moment, first, manner)]
        if not manner.steps:  # copies that are not told were made all the same
            copied = self._estimate(block).captured
            last_ps = moment.of(block.last_ns)
            tally = RingSum(last_ps, copies=block.packets, copied_bytes=copied, queue=moment.queue)
            records.append(tally)
        return records

    def _measured(self, memory: mmap.mmap, block: Block) -> Measured:
        found = measure(memory, block, self._framing)
        if block.packets:
            used = block.length - layout.BLOCK_HEADER - found.captured
            self._overhead = used / block.packets
        if len(self.flows) < _MOST_FLOWS:
            self.flows |= found.flows
        return found

    def _estimate(self, block: Block) -> Measured:
        """Bytes from the block's own length: what a packet takes beside them hardly varies."""
        beside = round(block.packets * self._overhead)
        captured = max(0, block.length - layout.BLOCK_HEADER - beside)
        added, least, _ = self._framing
        wire = max(captured + block.packets * added, block.packets * least)
        return Measured(wire, captured, [], set())

    def _untold(self, block: Block, found: Measured, moment: Moment) -> list[Record]:
        """Two sums: arrived by the time of the last packet, and delivered when the block was read."""
        count, queue = block.packets, moment.queue
        latencies_ps = [moment.seen_ps - moment.of(stamp) for stamp in found.stamps_ns]
        return [
            RingSum(
                moment.of(block.last_ns),
                arrived=count,
                arrived_bytes=found.wire,
                copies=count,
                copied_bytes=found.captured,
                queue=queue,
            ),
            RingSum(
                moment.seen_ps,
                delivered=count,
                delivered_bytes=found.wire,
                latencies_ps=latencies_ps,
                lost=count * self._events_each(),
                queue=queue,
            ),
        ]

    def _events_each(self) -> int:
        """In how many events a packet would have been told."""
        if self.detail is Detail.METERS:
            return 0
        return 2 + (self.detail is Detail.STEPS) + bool(self._snap)
