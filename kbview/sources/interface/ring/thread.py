"""The reader: a thread that sleeps until the kernel hands over a block, reads it and gives it back.

A thread, because the ring must be emptied whatever the screen is doing, and the latency is then the
ring's own. All that it leaves is under one lock: the records, and up to when everything was seen.
"""

import ctypes
import errno
import os
import select
import threading
from bisect import bisect_right
from operator import attrgetter

from kbview.sources.interface.ring.parse import Moment
from kbview.sources.interface.ring.policy import BlockPolicy, Record
from kbview.sources.interface.ring.totals import RingSum
from kbview.sources.linux.packet_ring.block import Block, read_block
from kbview.sources.linux.packet_ring.ring import TapRing
from kbview.sources.linux.packet_ring.settings import RingSettings
from kbview.sources.watching.clock import WatchClock
from kbview.tape.events import BlockReleased, BlockRetired

_SLACK_PS = 15 * 10**9  # how late a block's timer may be: a jiffy at 100 Hz, and some scheduling
_MOST_RECORDS = 200_000  # that wait for a viewer who has paused; beyond it only sums are kept
_MERGED_PS = 10**11  # sums as close as this become one then
_BY_TIME = attrgetter("time_ps")
# PyDLL keeps the interpreter's lock: beside a busy thread it takes 5 ms to get it back.
_sched_getcpu = ctypes.PyDLL(None).sched_getcpu


class RingThread:
    """Reads all rings of one interface; owns them. `program` chooses packets; b"" takes all."""

    def __init__(
        self,
        rings: list[TapRing],
        clock: WatchClock,
        settings: RingSettings,
        policy: BlockPolicy,
        program: bytes = b"",
    ) -> None:
        self.failure: Exception | None = None
        self.down = False  # the kernel said ENETDOWN; whoever looks into it sets it back
        self._rings = rings
        self._program = program
        self._clock = clock
        self._policy = policy
        self._pending: list[Record] = []
        self._held: list[Record] = []  # seen, but later than anybody has asked for; the taker's own
        self._settled_ps = [0] * len(rings)
        self._lag_ps = settings.retire_ms * 10**9 + _SLACK_PS
        self._lock = threading.Lock()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._thread = threading.Thread(target=self._run, name="kbview-ring", daemon=True)

    def start(self) -> None:
        """Let packets in and read them."""
        self._thread.start()
        for ring in self._rings:
            ring.open(self._program)

    def choose(self, program: bytes) -> None:
        """Choose packets by another program from now on."""
        if program != self._program:
            self._program = program
            for ring in self._rings:
                ring.open(program)

    def settled_ps(self) -> int:
        """All that the interface received before this time has been read."""
        with self._lock:
            now_ps = self._clock.now_ps()
            for queue, ring in enumerate(self._rings):
                self._count_drops(queue, ring, now_ps)
                if not ring.status(ring.next):
                    self._settle(queue, now_ps - self._lag_ps)
            return min(self._settled_ps)

    def take(self, until_ps: int) -> list[Record]:
        """What was read of the time up to `until_ps`, in order."""
        with self._lock:  # for no longer than this: the kernel does not wait
            fresh, self._pending = self._pending, []
        held = self._held + fresh
        held.sort(key=_BY_TIME)
        cut = bisect_right(held, until_ps, key=_BY_TIME)
        self._held = held[cut:]
        return held[:cut]

    def charge(self, spent_s: float) -> None:
        """Book CPU time that somebody else spent on our records to the same cpu_budget."""
        with self._lock:
            self._policy.cpu_budget.charge(spent_s)

    def close(self) -> None:
        """End the thread, then give the rings back."""
        if self._wake < 0:
            return
        os.eventfd_write(self._wake, 1)
        if self._thread.is_alive():
            self._thread.join()
        os.close(self._wake)
        self._wake = -1
        for ring in self._rings:
            ring.close()

    def _run(self) -> None:
        poller = select.poll()
        poller.register(self._wake, select.POLLIN)
        for ring in self._rings:
            poller.register(ring.socket, select.POLLIN | select.POLLERR)
        try:
            while self._wake not in (woken := dict(poller.poll())):
                for queue, ring in enumerate(self._rings):
                    if woken.get(ring.socket.fileno(), 0) & select.POLLERR:
                        self.down |= ring.error() == errno.ENETDOWN
                    self._drain(queue, ring)
        except Exception as error:
            self.failure = error

    def _drain(self, queue: int, ring: TapRing) -> None:
        """Read what is ours now; what comes meanwhile wakes us again."""
        numbers = [(ring.next + ahead) % ring.blocks for ahead in range(ring.ready())]
        blocks = [read_block(ring, number) for number in numbers]
        seen_ps = self._clock.now_ps()
        with self._lock:
            room = self._has_room()
            if room:
                self._pending += [
                    BlockRetired(seen_ps, queue, number, block.packets, block.timed_out)
                    for number, block in zip(numbers, blocks, strict=True)
                ]
        for block in blocks:
            self._read(queue, ring, block, room)

    def _read(self, queue: int, ring: TapRing, block: Block, room: bool) -> None:
        """Enter one block and give it back, both before anybody else can look."""
        with self._lock:
            moment = Moment(
                queue,
                _sched_getcpu(),
                self._clock.now_ps(),
                self._clock.realtime_offset_ns(),
                room and self._has_room(),
            )
            records = self._policy.of(ring.memory, block, moment)
            number = ring.next
            ring.release()
            if room:
                self._pending += [*records, BlockReleased(self._clock.now_ps(), queue, number)]
            else:
                self._merge(records)
            self._settle(queue, moment.of(block.last_ns))

    def _merge(self, records: list[Record]) -> None:
        """Nobody takes: keep only sums, few of them."""
        for record in records:
            last = self._pending[-1] if self._pending else None
            if (
                isinstance(record, RingSum)
                and isinstance(last, RingSum)
                and record.queue == last.queue
                and record.time_ps - last.time_ps < _MERGED_PS
            ):
                last.add(record)
            else:
                self._pending.append(record)

    def _has_room(self) -> bool:
        return len(self._pending) + len(self._held) < _MOST_RECORDS

    def _settle(self, queue: int, time_ps: int) -> None:
        self._settled_ps[queue] = max(self._settled_ps[queue], time_ps)

    def _count_drops(self, queue: int, ring: TapRing, now_ps: int) -> None:
        drops, freezes = ring.statistics()
        if drops or freezes:
            self._pending.append(
                RingSum(now_ps, arrived=drops, drops=drops, freezes=freezes, queue=queue)
            )
