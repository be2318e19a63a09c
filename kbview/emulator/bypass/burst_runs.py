"""Runs of bursts: many rounds of an lcore in one step, where the result is exactly the same.

    empty polls until a descriptor is done --> rx_burst --> the application's work --> free
         ^                                                                              |
         '------------------------------------------------------------------------------'

This is the only speed trick of the DPDK path. At `meters` detail it simulates several times as many
frames a second (benchmarks/emulator.py); tests hold it to the same meters to the picosecond.

While the lcore's clock is within its horizon, no other context takes part in these rounds. So the times
of the known arrivals are enough to compute them. A run begins with an empty ring. It ends before a
burst for which the NIC has to load traffic, the ring lacks room, or frames leave the cache.
"""

from typing import NamedTuple

from kbview.emulator.bypass.mempool import MempoolCache
from kbview.emulator.cost import Step
from kbview.emulator.hardware.account import POLL_EMPTY, POLL_USEFUL
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue


class BurstSteps(NamedTuple):
    """The steps of a round: an empty poll, a poll that finds frames, and the work on each frame.

    A poll of fewer frames than `full` pays `line` as well.
    """

    empty: Step
    call: Step
    mbuf: Step
    line: Step
    full: int
    work: Step


class BurstRuns:
    """The runs of an lcore with a single queue. A poll takes at most `burst` frames.

    `mbufs` is None where mbufs are not counted. `possible`: no other step depends on the frames.
    """

    def __init__(
        self,
        machine: Machine,
        queue: RxQueue,
        steps: BurstSteps,
        burst: int,
        mbufs: MempoolCache | None,
        *,
        possible: bool,
    ) -> None:
        self._machine = machine
        self._queue = queue
        self._ring = queue.ring
        self._steps = steps
        self._burst = burst
        self._mbufs = mbufs
        self._dma_ps = queue.moderation.dma_ps
        at_once = queue.moderation.gathered == 1
        self._possible = possible and at_once and len(machine.nic.queues) == 1 and not machine.smt

    def take(self, core: Core) -> bool:
        """Take the rounds that are certain in advance; False if none is, or milestones are told."""
        machine, ring, mbufs = self._machine, self._ring, self._mbufs
        if not self._possible or ring.frames or machine.recorder.milestones or machine.peer is not None:
            return False
        if machine.nic.bus.contended or (mbufs is not None and mbufs.length < self._burst):
            return False
        room = min(ring.free, machine.ddio.room)
        return room > 0 and self._take(core, min(core.horizon_ps, machine.nic.loaded_ps - 1), room)

    def _take(self, core: Core, until_ps: int, room: int) -> bool:
        """Take rounds that poll by `until_ps`, each while at most `room` frames wait."""
        steps, dma_ps, burst = self._steps, self._dma_ps, self._burst
        empty_ps, call_ps, line_ps = steps.empty.cost_ps, steps.call.cost_ps, steps.line.cost_ps
        mbuf_ps, work_ps, full = steps.mbuf.cost_ps, steps.work.cost_ps, steps.full
        times, index = self._queue.known()
        now_ps, end = core.now_ps, len(times) - 1
        ends_ps: list[int] = []  # when rx_burst has brought the frame, and all before are worked on
        spun = bursts = short = 0
        while times[index] <= until_ps:
            polls = max(0, -((now_ps - dma_ps - times[index]) // empty_ps))
            poll_ps = now_ps + polls * empty_ps
            if poll_ps > until_ps or times[min(index + room, end)] <= poll_ps:
                break
            stop, last, written_ps = index + 1, index + burst, poll_ps - dma_ps
            while stop < last and times[stop] <= written_ps:
                stop += 1
            now_ps = poll_ps + call_ps + (stop - index) * mbuf_ps
            if stop - index < full:
                now_ps += line_ps
                short += 1
            while index < stop:
                ends_ps.append(now_ps)
                now_ps += work_ps
                index += 1
            spun += polls
            bursts += 1
        if bursts:
            self._book(core, now_ps - core.now_ps, spun, bursts, short, len(ends_ps))
            self._machine.books.deliver_run(self._queue.take_through(index), ends_ps)
        return bursts > 0

    def _book(
        self, core: Core, duration_ps: int, spun: int, bursts: int, short: int, frames: int
    ) -> None:
        """Book rounds of `frames` frames: `spun` empty polls, `bursts` that found frames."""
        steps, meters, booked = self._steps, self._machine.meters, core.booked
        steps.empty.count += spun
        steps.call.count += bursts
        steps.mbuf.count += frames
        steps.line.count += short
        steps.work.count += frames
        meters.polls += spun + bursts
        meters.empty_polls += spun
        spun_ps = spun * steps.empty.cost_ps
        booked[POLL_EMPTY] = booked[POLL_EMPTY] + spun_ps
        booked[POLL_USEFUL] = booked[POLL_USEFUL] + duration_ps - spun_ps
        core.account = POLL_USEFUL
        core.now_ps += duration_ps
