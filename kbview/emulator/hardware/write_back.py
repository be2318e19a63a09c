"""Write-back of receive descriptors in batches: the NIC gathers done descriptors.

    frame      1    2       3  4          5
    DD set                     1234       ......5      the batch is full, or its first has waited

A line of 64 bytes holds four descriptors of 16 bytes: a single write brings them to memory. A frame
waits for the frames behind it, at light load for as long as the NIC allows. The bus is charged as
without batches; `cqe_compression` sets its price for compressed completions of mlx5.
Intel 82599 datasheet, 7.1.7 (RXDCTL.WTHRESH); Linux: e1000e.h E1000_RXDCTL_DMA_BURST_ENABLE (four
descriptors), BURST_RDTR (32 units of 1.024 us). mlx5 compresses completions with the same effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.keys import Keys, number


@dataclass(frozen=True, kw_only=True)
class WriteBackSettings(Keys):
    """Batches of receive descriptors. The default is a batch of one."""

    write_back: Annotated[
        int,
        number(
            "done receive descriptors that the NIC writes at once (RXDCTL.WTHRESH)",
            "descriptors",
            ge=1,
            le=64,
        ),
    ] = 1
    write_back_us: Annotated[
        float, number("longest wait of a done descriptor for others (e1000e's RDTR)", ge=0, le=10_000)
    ] = 32.768


class WriteBack:
    """The batches of a queue: `count` descriptors each, at most `timer_ps` after the first.

    The queue knows arrivals ahead, so the end of a batch is known with its first frame. A frame of a
    closed loop is not known ahead: a batch that ends with it is written when the timer ends.
    """

    def __init__(self, count: int, timer_ps: int) -> None:
        self._count = count
        self._timer_ps = timer_ps
        self._open = 0  # frames to come that belong to the batch before
        self._ends_ps = 0

    def times(self, taken: Sequence[int], coming: Sequence[int]) -> list[int]:
        """When the descriptors of frames that arrived at `taken` are written; `coming` arrive later."""
        before = min(self._open, len(taken))
        ends = [max(self._ends_ps, at_ps) for at_ps in taken[:before]]
        self._open -= before
        arrivals = [*taken, *coming]
        at = before
        while at < len(taken):
            length, self._ends_ps = self._batch(arrivals, at)
            within = min(length, len(taken) - at)
            ends += [self._ends_ps] * within
            self._open = length - within
            at += length
        return ends

    def next_ps(self, coming: Sequence[int]) -> int:
        """When the first of these frames will be written; NEVER_PS without one."""
        if not coming:
            return NEVER_PS
        return max(self._ends_ps, coming[0]) if self._open else self._batch(coming, 0)[1]

    def _batch(self, arrivals: Sequence[int], first: int) -> tuple[int, int]:
        """The length of the batch that begins with a frame, and the time of its end, ps."""
        latest_ps = arrivals[first] + self._timer_ps
        batch = arrivals[first : first + self._count]
        length = sum(at_ps <= latest_ps for at_ps in batch)
        return length, batch[-1] if length == self._count else latest_ps
