"""A captured packet, the interface that it was taken on, and the limits that damage exceeds."""

from typing import NamedTuple

import msgspec

from kbview.packet.link import LINKTYPE_ETHERNET

MAXIMUM_SNAPLEN = 262_144  # libpcap's; a longer record is damage
LONGEST_PACKET = 1 << 20  # on the wire; twice what Linux hands a NIC at most (GSO_MAX_SIZE)
BATCH = 4096  # records at a time
PS_PER_SECOND = 1_000_000_000_000


class UnknownLinkTypeError(Exception):
    """`link_type` has no packets in it that a network stack would take."""

    def __init__(self, link_type: int) -> None:
        super().__init__(link_type)
        self.link_type = link_type


class DamagedRecordError(Exception):
    """A record that cannot be right: nothing after it can be found."""


class Interface(msgspec.Struct):
    """Where packets were captured. `fcs_length` is what a frame ends with that is not payload."""

    link_type: int = LINKTYPE_ETHERNET
    ticks_per_second: int = 1_000_000
    offset_ps: int = 0
    snap_length: int = 0  # 0: no limit
    fcs_length: int = 0

    def time_ps(self, ticks: int) -> int:
        """Time since 1970 of a time stamp."""
        return self.offset_ps + ticks * PS_PER_SECOND // self.ticks_per_second


class CaptureRecord(NamedTuple):
    """One packet as captured: `original_length` was on the wire, `data` is what was kept."""

    time_ps: int  # since 1970
    original_length: int
    interface: Interface
    data: bytes
