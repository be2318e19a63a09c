"""sk_buffs: allocated for each frame, freed at the end of its journey; the memory that they charge."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.packet.altered import altered
from kbview.packet.frame import Combined, Flow, Frame, Merged, parts
from kbview.tape.events import NO_PACKET
from kbview.tape.vocabulary import Place, Reason

SK_BUFF = 256  # sizeof(struct sk_buff), cache-line aligned
RX_BUFFER = 2048  # half a page: the frame and its skb_shared_info
PAGE = 4096
SMALLEST = SK_BUFF + RX_BUFFER  # what every frame up to RX_BUFFER bytes is charged with


def truesize(length: int) -> int:
    """Memory that a frame of `length` bytes is charged with, bytes.

    A 2 KB buffer and the sk_buff make 2304, as mlx5 and ixgbe charge a small frame; a longer frame
    takes several buffers. Linux: include/linux/skbuff.h SKB_TRUESIZE().
    """
    if length <= RX_BUFFER:
        return SMALLEST
    return SK_BUFF + RX_BUFFER * -(-length // RX_BUFFER)


def charge(frame: Frame) -> int:
    """Memory that a received frame and all its parts are charged with, bytes."""
    if not isinstance(frame.inner, Combined):
        return truesize(frame.length)
    frames = frame.inner.frames
    kept = sum(truesize(part.length) for part in frames)
    return kept - SK_BUFF * (len(frames) - len(skbs(frame)))


def skbs(frame: Frame) -> tuple[Frame, ...]:
    """The parts of a frame that have an sk_buff; other merged parts have only buffers."""
    inner = frame.inner
    return inner.skbs if isinstance(inner, Merged) else parts(frame)


def packets(frame: Frame) -> tuple[Frame, ...]:
    """The packets that an application works on: each merged packet, or a whole datagram."""
    inner = frame.inner
    return inner.frames if isinstance(inner, Merged) else (frame,)


def rest(frame: Frame, left: Sequence[Frame]) -> Frame:
    """A merged frame with only the unread packets `left`; it keeps all its sk_buffs."""
    if len(left) == len(packets(frame)):
        return frame
    return altered(frame, inner=Merged(tuple(left), skbs(frame)))


def cut(whole: Frame, limit: int) -> tuple[Frame, Frame] | None:
    """A merged frame in two: packets of at most `limit` bytes, at least one, and the other packets.

    None where no packet would be left, or the peer has sent some of the text before. The second frame
    keeps the sk_buffs.
    """
    frames = packets(whole)
    ends = accumulate(frame.payload for frame in frames)
    count = max(1, sum(end <= limit for end in ends))
    if count >= len(frames) or whole.payload != sum(frame.payload for frame in frames):
        return None
    return _some(whole, frames[:count], ()), _some(whole, frames[count:], skbs(whole))


def _some(whole: Frame, frames: tuple[Frame, ...], kept: tuple[Frame, ...]) -> Frame:
    return altered(
        whole,
        length=sum(frame.length for frame in frames),
        payload=sum(frame.payload for frame in frames),
        inner=Merged(frames, kept),
    )


class Holder(Protocol):
    """A part of a datapath that holds frames and sk_buffs."""

    @property
    def held(self) -> int:
        """Frames that were taken out of the ring and have not reached their end."""

    @property
    def buffers(self) -> int:
        """sk_buffs that are allocated and not freed."""


class Owner(Protocol):
    """The socket that sends sk_buffs and is charged for them: skb->sk."""

    def freed(self, core: Core, frame: Frame) -> None:
        """An sk_buff was freed: skb->destructor."""


class SharedSkb:
    """An sk_buff that several slots of a ring share. `users` counts its references: skb->users.

    `packet` is the number of its first frame. Its maker has the first reference.
    """

    __slots__ = ("packet", "users")

    def __init__(self, packet: int) -> None:
        self.packet = packet
        self.users = 1

    def put(self) -> bool:
        """Drop a reference; True if it was the last, so the caller frees the sk_buff."""
        self.users -= 1
        return not self.users


class SkbCache:
    """The cache that sk_buffs are freed to. `owners`: the socket that is charged for a sent flow."""

    def __init__(self, machine: Machine) -> None:
        self.owners: dict[Flow, Owner] = {}
        self._counts = machine.counts
        self._free = machine.prices.step("kfree_skb")
        self._consume = machine.prices.step("napi_consume_skb")
        self._unref = machine.prices.step("skb_frag_unref")

    def free(self, core: Core, frame: Frame) -> None:
        """Free the sk_buff of a frame, with its frag_list and its fragments, and pay for it."""
        inner = frame.inner
        if inner is None or not isinstance(inner, Combined):
            core.spend(self._free, frame.packet)
            self._counts.skb_freed(core, frame.packet)
            if self.owners:
                self._uncharge(core, frame)
            return
        kept = skbs(frame)
        for part in kept:
            core.spend(self._free, part.packet)
            self.freed(core, part)
        for _ in range(len(parts(frame)) - len(kept)):
            core.spend(self._unref, frame.packet)

    def free_run(self, core: Core, count: int) -> None:
        """Free the sk_buffs of `count` received datagrams, and pay for them; without events."""
        core.spend_run(self._free, count)
        self._counts.meters.frees += count

    @property
    def free_ps(self) -> int:
        """The time that it takes to free one sk_buff."""
        return self._free.cost_ps

    def free_nameless(self, core: Core) -> None:
        """Free an sk_buff of a send queue, which held text and no frame, and pay for it."""
        core.spend(self._free)
        self._counts.skb_freed(core, NO_PACKET)

    def freed(self, core: Core, frame: Frame) -> None:
        """The sk_buff of a frame was freed by a step that was paid already."""
        self._counts.skb_freed(core, frame.packet)
        if self.owners:
            self._uncharge(core, frame)

    def _uncharge(self, core: Core, frame: Frame) -> None:
        """Tell the socket that is charged for the sk_buff of a frame, if there is one."""
        if (owner := self.owners.get(frame.flow)) is not None:
            owner.freed(core, frame)

    def free_shared(self, core: Core, skb: SharedSkb, *, sent: bool) -> None:
        """Drop a reference to a shared sk_buff; the last frees it. `sent`: a frame of it was sent."""
        if not skb.put():
            return
        core.spend(self._consume if sent else self._free, skb.packet)
        self._counts.skb_freed(core, skb.packet)


class Endings:
    """Ends frames in one layer, named `where`, and frees their sk_buffs."""

    def __init__(self, machine: Machine, skbs: SkbCache, where: Place) -> None:
        self._machine = machine
        self._skbs = skbs
        self._where = where

    def consume(self, core: Core, frame: Frame) -> None:
        """This layer has consumed the frame: it is delivered."""
        self._machine.books.deliver(core, frame, self._where)
        self._skbs.free(core, frame)

    def drop(self, core: Core, frame: Frame, reason: Reason) -> None:
        """This layer drops the frame."""
        self._machine.books.drop(core, frame, self._where, reason)
        self._skbs.free(core, frame)
