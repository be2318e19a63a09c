"""Reassembly of IPv4 and IPv6 fragments as in Linux: limited in time and memory, overlaps refused.

    fragment -> room? -> its queue, or a new one -> too far? -> fits a hole? -> whole? -> datagram

A fragment ends in one of three ways: its datagram is completed, the fragment is refused, or its queue
is dropped. Reasons are from enum skb_drop_reason. Where the kernel has only a counter, the reason is
the name of the counter: REASM_OVERLAPS and REASMFAILS (include/uapi/linux/snmp.h).
Linux: net/ipv4/ip_fragment.c, net/ipv4/inet_fragment.c, net/ipv6/reassembly.c
"""

from typing import NamedTuple

import msgspec

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.protocol.fragment import Fragment, FragmentKey
from kbview.emulator.protocol.holes import Fit, Holes
from kbview.tape.vocabulary import DropReason

DUP_FRAG = DropReason.DUP_FRAG
FRAG_REASM_TIMEOUT = DropReason.FRAG_REASM_TIMEOUT
FRAG_TOO_FAR = DropReason.FRAG_TOO_FAR
REASM_OVERLAPS = DropReason.REASM_OVERLAPS
REASMFAILS = DropReason.REASMFAILS
IP_INHDR = DropReason.IP_INHDR
QUEUE_SIZE = 200  # sizeof(struct ipq) and its timer, about
LONGEST = 65_535
_S_PS = 1_000_000_000_000


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """net.ipv4.ipfrag_high_thresh, ipfrag_time, ipfrag_max_dist; net.ipv6.ip6frag_time. Bytes, seconds.

    The memory limit holds for each version of IP separately, as in Linux.
    """

    high_thresh: int = 4 << 20
    ipfrag_time: int = 30
    ip6frag_time: int = 60
    max_dist: int = 64


class Lost(NamedTuple):
    """A dropped fragment and its reason."""

    fragment: Fragment
    reason: str


class Verdict(NamedTuple):
    """The result of a fragment: the fragments of a whole datagram in order, or []; and lost fragments.

    A fragment in neither list is held.
    """

    datagram: list[Fragment]
    lost: list[Lost]


class FragmentSource:
    """An IPv4 source. `rid` counts its fragments while `queues` of its datagrams are incomplete."""

    __slots__ = ("queues", "rid")

    def __init__(self) -> None:
        self.queues = 0
        self.rid = 0


class Queue:
    """The fragments of an incomplete datagram, in the order of arrival."""

    __slots__ = ("due_ps", "fragments", "holes", "last_in", "rid", "truesize")

    def __init__(self, due_ps: int) -> None:
        self.holes = Holes()
        self.fragments: list[Fragment] = []
        self.last_in = False
        self.truesize = QUEUE_SIZE
        self.due_ps = due_ps
        self.rid = 0


class Reassembly:
    """All incomplete datagrams."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lives_ps = {4: limits.ipfrag_time * _S_PS, 6: limits.ip6frag_time * _S_PS}
        self._queues: dict[int, dict[FragmentKey, Queue]] = {
            4: {},
            6: {},
        }  # oldest first, so by deadline
        self._peers: dict[bytes, FragmentSource] = {}
        self.memory = {4: 0, 6: 0}
        self.held = 0

    @property
    def due_ps(self) -> int:
        """Time at which the oldest datagram is given up, ps; NEVER_PS without a datagram."""
        oldest = [next(iter(queues.values())) for queues in self._queues.values() if queues]
        return min((queue.due_ps for queue in oldest), default=NEVER_PS)

    def give_up(self) -> list[Lost]:
        """Drop all incomplete datagrams: their missing fragments will not come."""
        return self.expire(NEVER_PS)

    # ---- a fragment ------------------------------------------------------------------------

    def take(self, fragment: Fragment, now_ps: int) -> Verdict:
        """Take a fragment with a valid header; returns a completed datagram and lost fragments."""
        lost = self.expire(now_ps)
        key = fragment.key
        if self.memory[key.version] > self._limits.high_thresh:
            return Verdict([], [*lost, Lost(fragment, REASMFAILS)])
        queue = self._queues[key.version].get(key) or self._open(key, now_ps)
        if self._too_far(key, queue):
            lost += self._close(key, FRAG_TOO_FAR)
            queue = self._open(key, now_ps)
        reason = _misfit(queue, fragment)
        if not reason:
            return Verdict(self._insert(queue, fragment), lost)
        lost.append(Lost(fragment, reason))
        if reason in (REASMFAILS, REASM_OVERLAPS):
            lost += self._close(key, reason)
        return Verdict([], lost)

    def _open(self, key: FragmentKey, now_ps: int) -> Queue:
        version = key.version
        queue = self._queues[version][key] = Queue(now_ps + self._lives_ps[version])
        self.memory[version] += QUEUE_SIZE
        peer = self._peers.setdefault(key.source, FragmentSource())
        peer.queues += 1
        queue.rid = peer.rid
        return queue

    def _too_far(self, key: FragmentKey, queue: Queue) -> bool:
        """Whether more than `max_dist` fragments of the same source came since the queue's last."""
        if key.version != 4 or not self._limits.max_dist:
            return False
        peer = self._peers[key.source]
        peer.rid += 1
        before, queue.rid = queue.rid, peer.rid
        return bool(queue.fragments) and queue.rid - before > self._limits.max_dist

    def _insert(self, queue: Queue, fragment: Fragment) -> list[Fragment]:
        """Fill the hole of the fragment; returns the datagram without holes, else []."""
        queue.holes.fill(fragment.start, fragment.end)
        if fragment.last:
            queue.last_in = True
            queue.holes.finish(fragment.end)
        queue.fragments.append(fragment)
        queue.truesize += fragment.truesize
        self.memory[fragment.key.version] += fragment.truesize
        self.held += 1
        if not queue.holes.whole:
            return []
        self._forget(fragment.key)
        return sorted(queue.fragments, key=lambda each: each.start)

    # ---- giving up -------------------------------------------------------------------------

    def expire(self, now_ps: int) -> list[Lost]:
        """Drop the datagrams that are due by `now_ps`; returns their fragments."""
        lost: list[Lost] = []
        for queues in self._queues.values():
            while queues:
                key, queue = next(iter(queues.items()))
                if queue.due_ps > now_ps:
                    break
                lost += self._close(key, FRAG_REASM_TIMEOUT)
        return lost

    def _close(self, key: FragmentKey, reason: str) -> list[Lost]:
        return [Lost(fragment, reason) for fragment in self._forget(key).fragments]

    def _forget(self, key: FragmentKey) -> Queue:
        queue = self._queues[key.version].pop(key)
        self.memory[key.version] -= queue.truesize
        self.held -= len(queue.fragments)
        peer = self._peers[key.source]
        peer.queues -= 1
        if not peer.queues:
            del self._peers[key.source]
        return queue


def _misfit(queue: Queue, fragment: Fragment) -> str:
    """The reason to refuse a fragment, in the order of ip_frag_queue(); "" if it fits the datagram.

    Every fragment but the last ends at a multiple of eight bytes. IPv4 cuts a longer fragment. IPv6
    refuses it, and refuses a fragment that ends beyond the longest datagram.
    """
    length = queue.holes.length
    if fragment.last:
        if fragment.end < length or (queue.last_in and fragment.end != length):
            return REASMFAILS
    elif fragment.key.version == 6 and fragment.end % 8:
        return IP_INHDR
    else:
        fragment.end &= ~7
        if fragment.end > length and queue.last_in:
            return REASMFAILS
    return _unfit(queue, fragment)


def _unfit(queue: Queue, fragment: Fragment) -> str:
    if fragment.end + fragment.header > LONGEST:
        return REASMFAILS if fragment.key.version == 4 else IP_INHDR
    if fragment.end <= fragment.start:
        return REASMFAILS
    fit = queue.holes.fit(fragment.start, fragment.end)
    if fit is Fit.NEW:
        return ""
    return DUP_FRAG if fit is Fit.DUPLICATE else REASM_OVERLAPS
