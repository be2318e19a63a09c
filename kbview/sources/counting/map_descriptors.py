"""The descriptors of the maps that programs and reader share."""

from typing import NamedTuple


class MapDescriptors(NamedTuple):
    """`numbers` is a row a core, `drops` a row a cause, `control` the mask of the choice of packets.

    `followed` are chosen sk_buffs, `waiting` sockets that hold one, `ring` the records of stations.
    """

    numbers: int
    drops: int
    control: int
    followed: int
    waiting: int
    ring: int
