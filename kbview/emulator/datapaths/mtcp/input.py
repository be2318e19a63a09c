"""The way of a frame through a TCP thread: Ethernet, IP, then TCP.

    ARP, ICMP   mTCP answers them itself; they end here
    UDP, ...    mTCP has no sockets for them: dropped as IP_NOPROTO
    fragments   mTCP does not reassemble: dropped as NO_REASSEMBLY

mtcp/src/eth_in.c ProcessPacket(), ip_in.c ProcessIPv4Packet()
"""

from kbview.emulator.datapaths.mtcp.stream_table import StreamTable
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.protocol.host import Host
from kbview.emulator.protocol.layer import layer_of_fault
from kbview.packet.frame import Flow, Frame, Protocol
from kbview.tape.vocabulary import DropReason, Place

IP = Place.IP
_FLOWS_KNOWN = 65_536
_CONSUMED = {Protocol.ARP: Place.ARP, Protocol.ICMP: Place.ICMP}


class Input:
    """IP's checks give the same result for every frame of a flow, so they run once a flow."""

    def __init__(self, machine: Machine, core: Core, host: Host, streams: StreamTable) -> None:
        self._machine = machine
        self._core = core
        self._host = host
        self._streams = streams
        self._refusals: dict[Flow, str] = {}
        self._ip_in = machine.prices.step("mtcp_ip_in")
        self._tcp_in = machine.prices.sequence("mtcp_ip_in", "mtcp_tcp_in")

    def receive(self, frame: Frame) -> None:
        """Take a frame up; the caller may free its mbuf afterwards."""
        core, flow = self._core, frame.flow
        reason = self._refusals.get(flow)
        if reason is None:
            reason = self._find(flow)
        finder = layer_of_fault(frame.fault, flow.protocol) if frame.fault else None
        if finder is not None and (finder is IP or not reason):
            core.spend(self._ip_in, frame.packet)
            self._machine.books.drop(core, frame, finder, frame.fault)
        elif reason:
            core.spend(self._ip_in, frame.packet)
            self._machine.books.drop(core, frame, IP, reason)
        elif flow.protocol in _CONSUMED:
            core.spend(self._ip_in, frame.packet)
            self._machine.books.deliver(core, frame, _CONSUMED[flow.protocol])
        else:
            core.spend(self._tcp_in, frame.packet)
            self._streams.receive(frame)

    def _find(self, flow: Flow) -> str:
        if len(self._refusals) >= _FLOWS_KNOWN:
            self._refusals.clear()
        reason = self._refusals[flow] = self._refuses(flow)
        return reason

    def _refuses(self, flow: Flow) -> str:
        """The reason to drop frames of this flow; "" if they pass."""
        if flow.protocol is Protocol.ARP:
            return ""
        if flow.protocol is Protocol.OTHER:
            return DropReason.UNHANDLED_PROTO
        if not self._host.is_local(flow.destination):
            return DropReason.IP_INADDRERRORS
        if flow.fragment:
            return DropReason.NO_REASSEMBLY
        return "" if flow.protocol in (Protocol.TCP, Protocol.ICMP) else DropReason.IP_NOPROTO
