"""sk_buffs: allocated for each frame, freed when its journey ends; what memory they stand for."""

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.packet.frame import Combined, Frame, parts
from kbview.tape.events import NO_PACKET, SkbFreed

SK_BUFF = 256  # sizeof(struct sk_buff), cache-line aligned
RX_BUFFER = 2048  # half a page: the frame and its skb_shared_info


def truesize(length: int) -> int:
    """Memory that a frame of `length` bytes is charged with, bytes.

    One 2 KB buffer and the sk_buff make 2304, as mlx5 and ixgbe charge a small frame; a longer frame
    takes as many buffers as it needs. Linux: include/linux/skbuff.h SKB_TRUESIZE().
    """
    return SK_BUFF + RX_BUFFER * -(-length // RX_BUFFER)


def charge(frame: Frame) -> int:
    """Memory that a received frame is charged with, and all that it was put together from, bytes."""
    if type(frame.inner) is Combined:
        return sum(truesize(part.length) for part in frame.inner.frames)
    return truesize(frame.length)


class SkbCache:
    """Where sk_buffs go back to."""

    def __init__(self, machine: Machine) -> None:
        self._meters = machine.meters
        self._recorder = machine.recorder
        self._free = machine.prices.step("skb_free")

    def free(self, core: Core, frame: Frame) -> None:
        """Give it back, at its price, with what hangs in its frag_list."""
        for part in parts(frame):
            core.spend(self._free, part.packet)
            self.freed(core, part)

    def free_nameless(self, core: Core) -> None:
        """Give one of a send queue back, which held text and no frame."""
        core.spend(self._free)
        self._meters.frees += 1
        if self._recorder.steps:
            self._recorder.emit(SkbFreed(core.now_ps, core.number, NO_PACKET))

    def freed(self, core: Core, frame: Frame) -> None:
        """It was given back, at a price that was paid already."""
        self._meters.frees += 1
        if self._recorder.steps:
            self._recorder.emit(SkbFreed(core.now_ps, core.number, frame.packet))
