"""Queueing disciplines: what they dropped (RTM_GETQDISC). No root needed.

Linux: include/uapi/linux/rtnetlink.h, struct tcmsg; include/uapi/linux/gen_stats.h
"""

import struct
from collections.abc import Iterable

from kbview.sources.linux.netlink.message import Message, attributes, request

_RTM_NEWQDISC, _RTM_GETQDISC = 36, 38
_TCMSG = struct.Struct("=B3xiIII")  # family, interface, handle, parent, info
_AT_ROOT = 0xFFFFFFFF  # TC_H_ROOT
_TCA_STATS2, _TCA_STATS_QUEUE = 7, 3
_QUEUE = struct.Struct("=5I")  # qlen, backlog, drops, requeues, overlimits


def qdiscs_request() -> bytes:
    """Asks for all qdiscs of the namespace."""
    return request(_RTM_GETQDISC, _TCMSG.pack(0, 0, 0, 0, 0))


def drops_of(answer: Iterable[Message]) -> dict[int, int]:
    """Packets that the root qdisc of a link dropped, by the link's number.

    A qdisc with classes adds up its children; a qdisc at ingress is none that sends.
    """
    found = {}
    for message in answer:
        if message.kind != _RTM_NEWQDISC or len(message.body) < _TCMSG.size:
            continue
        _, link, _, parent, _ = _TCMSG.unpack_from(message.body)
        told = attributes(message.body[_TCMSG.size :])
        queue = attributes(told.get(_TCA_STATS2, b"")).get(_TCA_STATS_QUEUE, b"")
        if parent == _AT_ROOT and len(queue) >= _QUEUE.size:
            found[link] = _QUEUE.unpack_from(queue)[2]
    return found
