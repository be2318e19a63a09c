"""Memory as the path feels it: the share of the last-level cache that DMA writes into, and the TLB.

    NIC --DMA--> DDIO's ways of the last-level cache --first touch--> core
                      full: the oldest frame goes out to DRAM, and its first touch is a miss

If more frames wait in rings than the share holds, the oldest have left the cache, and software takes
them next: a larger ring can be slower (the "leaky DMA" of Tootoonchian et al., ResQ, NSDI 2018;
Farshin et al., "Reexamining direct cache access", ATC 2020).

The share has two ways a set. Buffers that begin at a page meet in the sets of its colour (bits of its
address above the page), and each takes a way of them, however short its frame is. With random colours a
frame has left once two later frames had its colour, long before the share is full. Colouring
the pages gains 78 to 94 % of effective capacity over Linux (Song et al., "Sepia", OSDI 2026).

A buffer's page is translated when it is touched. The buffers of a ring are used in turn, so as many
pages are in use as hold the ring: with 4 KB pages more than a TLB reaches, with 2 MB fewer.
A stream's text waits in its socket. It leaves the cache as well when more bytes than the share wait
with it. Its copy then waits for the first line of each page, because prefetchers do not cross the end
of a page (Intel optimization manual). A datagram pays likewise where `cold_copies` is set. The kernel's
own buffers lie in its direct map of 1 GB pages.
"""

from math import exp
from typing import NamedTuple

from kbview.emulator.cost import MemoryFacts, Step
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.counts import WorkCounts
from kbview.emulator.hardware.nic import Nic
from kbview.packet.frame import Frame

L1_LINES = 512  # 32 KB of 64 bytes: the data cache of Intel's cores from 2006 to 2018
MBUF = 2304  # rte_mbuf 128, headroom 128, data room 2048
DDIO_WAYS = 2  # of each set: Intel DDIO brief; Farshin et al., ATC 2020
PAGES = {"4K": 1 << 12, "2M": 1 << 21, "1G": 1 << 30}


def missing(entries: int, in_use: float) -> float:
    """The share of translations that are not found when so many are used in turn."""
    return max(0.0, 1 - entries / in_use) if in_use else 0.0


def displaced_share(behind: float) -> float:
    """The share of frames that have left the cache; `behind` is the mean of later frames of a colour.

    Their number has Poisson's distribution; a frame stays while fewer than DDIO_WAYS have come.
    """
    return 1 - exp(-behind) * (1 + behind)


class Ddio:
    """Whether the next frame that software takes has left the cache again.

    `conflicts`: each buffer begins at a page of a random colour. Without, buffers fill all sets evenly.
    """

    def __init__(self, nic: Nic, share_bytes: int | None, *, conflicts: bool = False) -> None:
        self._nic = nic
        self._share_bytes = share_bytes
        self._conflicts = conflicts
        self._owed = 0.0

    def twin(self) -> "Ddio":
        """The same share, for another reader of frames."""
        return Ddio(self._nic, self._share_bytes, conflicts=self._conflicts)

    def crowded(self, queued: int = 0) -> bool:
        """Whether more was written behind it than the share holds, or than its colour holds.

        `queued` later frames have left the rings and wait elsewhere.
        """
        if self._share_bytes is None:
            return False
        waiting = queued
        for queue in self._nic.queues:
            waiting += len(queue.ring.frames)
        if self._conflicts:
            return self._conflict(waiting, self._share_bytes)
        return waiting * self._nic.footprint > self._share_bytes

    @property
    def room(self) -> int:
        """So many frames may wait in rings and are all in the cache; NEVER_PS without a limit."""
        if self._share_bytes is None:
            return NEVER_PS
        certain = not self._conflicts and self._nic.footprint > 0
        return int(self._share_bytes / self._nic.footprint) - 1 if certain else 0

    def _conflict(self, waiting: int, share_bytes: int) -> bool:
        """Over many polls, the share of crowded polls is the share of displaced frames."""
        page = PAGES["4K"]
        pages = waiting * -(-self._nic.footprint // page)
        self._owed += displaced_share(DDIO_WAYS * pages * page / share_bytes)
        if self._owed < 1:
            return False
        self._owed -= 1
        return True

    def displaced(self, behind: int) -> bool:
        """Whether so many bytes that were written later have taken its place."""
        return self._share_bytes is not None and behind > self._share_bytes


class Reach(NamedTuple):
    """Which share of buffers' translations misses the first and the second TLB, and the IOMMU's."""

    first: float
    second: float
    iotlb: float


def reach(facts: MemoryFacts, page: str, buffers: int) -> Reach:
    """For so many buffers in pages of that size."""
    pages = max(1.0, buffers * MBUF / PAGES[page])
    at = [*PAGES].index(page)
    first = missing(facts.first_tlb[at], pages)
    second = min(first, missing(facts.second_tlb[at], pages))  # some keep no large pages at all
    return Reach(first, second, missing(facts.iotlb, pages))


class Tlb:
    """A core's translations of its buffers: each touch is a hit, a second-level hit or a walk."""

    def __init__(self, reach: Reach, second: Step, walk: Step, counts: WorkCounts) -> None:
        self._reach = reach
        self._second = second
        self._walk = walk
        self._counts = counts
        self._owed_first = self._owed_second = 0.0
        if counts.meters.tlb_misses is None:
            counts.meters.tlb_misses = 0

    def touch(self, core: Core, frame: Frame) -> None:
        """The core touches a buffer; over many touches each kind has its share."""
        self._owed_second += self._reach.second
        self._owed_first += self._reach.first - self._reach.second
        if self._owed_second >= 1:
            self._owed_second -= 1
            self._counts.tlb_missed()
            core.spend(self._walk, frame.packet)
        elif self._owed_first >= 1:
            self._owed_first -= 1
            core.spend(self._second, frame.packet)
