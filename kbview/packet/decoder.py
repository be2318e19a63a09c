"""Records become frames: time since the first packet, number, length on the wire, flow, fault."""

import zlib
from collections.abc import Iterable

from kbview.packet.clock import CaptureClock
from kbview.packet.flow import Flows
from kbview.packet.frame import ETHERNET_MINIMUM, FCS_LENGTH, Frame
from kbview.packet.link import as_ethernet
from kbview.packet.outline import outline
from kbview.packet.record import LONGEST_PACKET, CaptureRecord, Interface


class FrameDecoder:
    """Keeps what one capture's packets share: the flows and the clock."""

    def __init__(self, verify: bool) -> None:
        self.verify = verify
        self.clock = CaptureClock()
        self.flows = Flows()
        self.oversized = 0  # packets that claim to have been longer than any can be

    def frames(self, records: Iterable[CaptureRecord], packet: int) -> list[Frame]:
        """Decode records of which the first is number `packet`."""
        return [
            self.frame(self.clock.arrived_ps(time_ps), number, original_length, interface, data)
            for number, (time_ps, original_length, interface, data) in enumerate(records, packet)
        ]

    def frame(
        self, arrived_ps: int, packet: int, original: int, interface: Interface, data: bytes
    ) -> Frame:
        """Decode one record of any shape."""
        if original > LONGEST_PACKET:
            original = LONGEST_PACKET
            self.oversized += 1
        original -= interface.fcs_length
        broken = self.verify and _fcs_broken(data, original, interface)
        data, longer = as_ethernet(interface.link_type, data[: max(original, 0)])
        original += longer
        seen = outline(data, original, self.verify)
        flow = self.flows.find(seen)
        length = max(original + FCS_LENGTH, ETHERNET_MINIMUM)
        fault = "FCS" if broken else seen.fault
        return Frame(arrived_ps, packet, length, flow, seen.payload, seen.tcp_flags, fault, seen.inner)


def _fcs_broken(data: bytes, length: int, interface: Interface) -> bool:
    """Whether a frame of `length` bytes and its FCS, captured whole, disagree."""
    if interface.fcs_length != FCS_LENGTH or len(data) != length + FCS_LENGTH:
        return False
    return zlib.crc32(data[:length]).to_bytes(FCS_LENGTH, "little") != data[length:]
