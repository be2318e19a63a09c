"""sk_buffs: allocated for each frame, freed when its journey ends; what memory they stand for."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol

import msgspec

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.packet.frame import Combined, Flow, Frame, Merged, parts
from kbview.tape.events import NO_PACKET
from kbview.tape.vocabulary import Place, Reason

SK_BUFF = 256  # sizeof(struct sk_buff), cache-line aligned
RX_BUFFER = 2048  # half a page: the frame and its skb_shared_info
PAGE = 4096
SMALLEST = SK_BUFF + RX_BUFFER  # what every frame up to RX_BUFFER bytes is charged with


def truesize(length: int) -> int:
    """Memory that a frame of `length` bytes is charged with, bytes.

    One 2 KB buffer and the sk_buff make 2304, as mlx5 and ixgbe charge a small frame; a longer frame
    takes as many buffers as it needs. Linux: include/linux/skbuff.h SKB_TRUESIZE().
    """
    if length <= RX_BUFFER:
        return SMALLEST
    return SK_BUFF + RX_BUFFER * -(-length // RX_BUFFER)


def charge(frame: Frame) -> int:
    """Memory that a received frame is charged with, and all that it was put together from, bytes."""
    if not isinstance(frame.inner, Combined):
        return truesize(frame.length)
    frames = frame.inner.frames
    kept = sum(truesize(part.length) for part in frames)
    return kept - SK_BUFF * (len(frames) - len(skbs(frame)))


def skbs(frame: Frame) -> tuple[Frame, ...]:
    """The frames whose sk_buffs are still there: of some that were merged only the buffers are."""
    inner = frame.inner
    return inner.skbs if isinstance(inner, Merged) else parts(frame)


def packets(frame: Frame) -> tuple[Frame, ...]:
    """What an application has to do with one by one: merged packets apart, a datagram whole."""
    inner = frame.inner
    return inner.frames if isinstance(inner, Merged) else (frame,)


def rest(frame: Frame, left: Sequence[Frame]) -> Frame:
    """What is left of a merged frame when others of its packets were read: its sk_buffs stay."""
    if len(left) == len(packets(frame)):
        return frame
    return msgspec.structs.replace(frame, inner=Merged(tuple(left), skbs(frame)))


def cut(whole: Frame, limit: int) -> tuple[Frame, Frame] | None:
    """A merged frame in two: packets of at most `limit` bytes, at least one, and those that are left.

    None where nothing would be left, or some text was known before. The sk_buffs go with the rest.
    """
    frames = packets(whole)
    ends = accumulate(frame.payload for frame in frames)
    count = max(1, sum(end <= limit for end in ends))
    if count >= len(frames) or whole.payload != sum(frame.payload for frame in frames):
        return None
    return _some(whole, frames[:count], ()), _some(whole, frames[count:], skbs(whole))


def _some(whole: Frame, frames: tuple[Frame, ...], kept: tuple[Frame, ...]) -> Frame:
    return msgspec.structs.replace(
        whole,
        length=sum(frame.length for frame in frames),
        payload=sum(frame.payload for frame in frames),
        inner=Merged(frames, kept),
    )


class Holder(Protocol):
    """A part of a datapath that has frames and sk_buffs in its queues and hands."""

    @property
    def held(self) -> int:
        """Frames that came in, were taken out of the ring, and have not come to their end."""

    @property
    def buffers(self) -> int:
        """sk_buffs that are allocated and not freed."""


class Owner(Protocol):
    """The socket that sk_buffs on their way out are charged to: skb->sk."""

    def freed(self, core: Core, frame: Frame) -> None:
        """One of them is gone: skb->destructor."""


class SharedSkb:
    """One sk_buff that several frames in a ring stand for; `users` counts who holds it: skb->users.

    `packet` is the first of its frames. Who makes it holds it.
    """

    __slots__ = ("packet", "users")

    def __init__(self, packet: int) -> None:
        self.packet = packet
        self.users = 1

    def put(self) -> bool:
        """One hold less; True if that was the last and it is to be freed."""
        self.users -= 1
        return not self.users


class SkbCache:
    """Where sk_buffs go back to. `owners`: who is charged for those of a flow on its way out."""

    def __init__(self, machine: Machine) -> None:
        self.owners: dict[Flow, Owner] = {}
        self._counts = machine.counts
        self._free = machine.prices.step("skb_free")
        self._unref = machine.prices.step("skb_frag_unref")

    def free(self, core: Core, frame: Frame) -> None:
        """Give it back, at its price, with what hangs in its frag_list and in its fragments."""
        if not isinstance(frame.inner, Combined):
            core.spend(self._free, frame.packet)
            self.freed(core, frame)
            return
        kept = skbs(frame)
        for part in kept:
            core.spend(self._free, part.packet)
            self.freed(core, part)
        for _ in range(len(parts(frame)) - len(kept)):
            core.spend(self._unref, frame.packet)

    def free_nameless(self, core: Core) -> None:
        """Give one of a send queue back, which held text and no frame."""
        core.spend(self._free)
        self._counts.skb_freed(core, NO_PACKET)

    def freed(self, core: Core, frame: Frame) -> None:
        """It was given back, at a price that was paid already."""
        self._counts.skb_freed(core, frame.packet)
        if self.owners and (owner := self.owners.get(frame.flow)) is not None:
            owner.freed(core, frame)

    def free_shared(self, core: Core, skb: SharedSkb) -> None:
        """One frame that it stood for was sent; it is freed with the last."""
        if not skb.put():
            return
        core.spend(self._free, skb.packet)
        self._counts.skb_freed(core, skb.packet)


class Endings:
    """Ends frames in one layer, named `where`, and frees their sk_buffs."""

    def __init__(self, machine: Machine, skbs: SkbCache, where: Place) -> None:
        self._machine = machine
        self._skbs = skbs
        self._where = where

    def consume(self, core: Core, frame: Frame) -> None:
        """It was for this layer."""
        self._machine.deliver(core, frame, self._where)
        self._skbs.free(core, frame)

    def drop(self, core: Core, frame: Frame, reason: Reason) -> None:
        """This layer does not want it."""
        self._machine.drop(core, frame, self._where, reason)
        self._skbs.free(core, frame)
