"""The way of a frame up the stack: Ethernet, IP, UDP, and the queue of its port.

    ARP, ICMP    the stack answers them itself; they end here
    TCP, ...     this stack has no sockets for them: dropped as IP_NOPROTO
    fragments    dropped as NO_REASSEMBLY, or reassembled
    closed port  dropped as NO_SOCKET, with an ICMP port unreachable if `udp_closed` says so

IP's checks give the same result for every frame of a flow, so they run once a flow; every frame pays.
Caladan: runtime/net/core.c net_rx_one(), transport.c net_rx_trans(), udp.c udp_conn_recv()
"""

from typing import NamedTuple

from kbview.emulator.cost import Step
from kbview.emulator.datapaths.dpdk_udp.fragments import LostFrame, UserDefrag
from kbview.emulator.datapaths.dpdk_udp.port_queue import BoundPort, PortQueues
from kbview.emulator.datapaths.dpdk_udp.port_unreachable import PortUnreachable
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.protocol.host import Host
from kbview.emulator.protocol.layer import layer_of_fault
from kbview.packet.frame import Flow, Frame, Protocol, parts
from kbview.tape.vocabulary import DropReason, Place

_FLOWS_KNOWN = 65_536
_CONSUMED = {Protocol.ARP: Place.ARP, Protocol.ICMP: Place.ICMP}


class UdpWay(NamedTuple):
    """The end of a flow's frames. `reason` is "" unless the layer `end` drops them.

    `socket` gets datagrams of an open port. `fragment`: frames go to reassembly.
    """

    end: Place
    reason: str = ""
    socket: BoundPort | None = None
    fragment: bool = False


class UdpInput:
    """The layers of one lcore. `freed` counts mbufs that went back, `outgoing` are frames to send.

    `checksum` is None where the NIC has verified the checksum; `defrag` and `unreachable` are None
    where fragments are dropped and closed ports are silent.
    """

    def __init__(
        self,
        machine: Machine,
        core: Core,
        host: Host,
        queues: PortQueues,
        defrag: UserDefrag | None,
        unreachable: PortUnreachable | None,
        checksum: Step | None,
    ) -> None:
        self.freed = 0
        self.outgoing: list[Frame] = []
        self.defrag = defrag
        self._machine = machine
        self._core = core
        self._host = host
        self._queues = queues
        self._unreachable = unreachable
        self._checksum = checksum
        self._ways: dict[Flow, UdpWay] = {}
        step, sequence = machine.prices.step, machine.prices.sequence
        self._ip_in = sequence("frame_touch", "user_ip_in")
        self._control = sequence("frame_touch", "user_ip_in", "user_control_in")
        self._udp_in = sequence("frame_touch", "user_ip_in", "user_udp_in")
        self._upper = step("user_udp_in")
        self._enqueue = step("user_enqueue")
        self._free = step("mbuf_free")
        self._icmp_error = sequence("mbuf_alloc", "user_icmp_error") if unreachable else None

    # ---- a frame ---------------------------------------------------------------------------

    def receive(self, frame: Frame) -> None:
        """Take a frame up; its mbuf is freed, or waits in a queue."""
        core = self._core
        way = self._ways.get(frame.flow) or self._find(frame.flow)
        finder = layer_of_fault(frame.fault, frame.flow.protocol) if frame.fault else None
        if finder is not None and finder in (Place.IP, way.end):
            self._refuse(frame, finder, frame.fault)
        elif way.socket is not None:
            core.spend(self._udp_in, frame.packet)
            self._queue(way.socket, frame)
        elif way.end is Place.UDP:
            core.spend(self._udp_in, frame.packet)
            self._closed(frame)
        elif way.reason:
            self._refuse(frame, way.end, way.reason)
        elif way.fragment and self.defrag is not None:
            self._fragment(self.defrag, frame)
        else:
            core.spend(self._control, frame.packet)
            self._machine.books.deliver(core, frame, way.end)
            self.free(frame)

    def _fragment(self, defrag: UserDefrag, frame: Frame) -> None:
        self._core.spend(self._ip_in, frame.packet)
        whole, lost = defrag.take(frame)
        self.give_up(lost)
        if whole is not None:
            self._receive_whole(whole)

    def give_up(self, lost: list[LostFrame]) -> None:
        """Drop fragments of datagrams that will not be whole."""
        for frame, reason in lost:
            self._machine.books.drop(self._core, frame, Place.IP, reason)
            self.free(frame)

    def _receive_whole(self, frame: Frame) -> None:
        """Take a datagram of several fragments to its port; IP has been paid for each fragment."""
        core, flow = self._core, frame.flow
        if flow.protocol is not Protocol.UDP:
            self._machine.books.drop(core, frame, Place.IP, DropReason.IP_NOPROTO)
            self.free(frame)
            return
        core.spend(self._upper, frame.packet)
        socket = self._queues.find(flow.destination_port)
        if socket is None:
            self._closed(frame)
        else:
            self._queue(socket, frame)

    def free(self, frame: Frame) -> None:
        """rte_pktmbuf_free(), for each mbuf of the packet."""
        for part in parts(frame):
            self._core.spend(self._free, part.packet)
            self.freed += 1

    # ---- ends ------------------------------------------------------------------------------

    def _queue(self, socket: BoundPort, frame: Frame) -> None:
        core = self._core
        self._verify(frame)
        core.spend(self._enqueue, frame.packet)
        if not self._queues.enqueue(socket, frame):
            self._machine.books.drop(core, frame, Place.SOCKET, DropReason.SOCKET_RCVBUFF)
            self.free(frame)

    def _verify(self, frame: Frame) -> None:
        """The checksum of a datagram, where the NIC has not verified it; it covers each byte."""
        if self._checksum is not None:
            step = self._checksum
            self._core.spend_waiting(step, int(step.ps_per_byte * frame.payload), frame.packet)

    def _refuse(self, frame: Frame, where: Place, reason: str) -> None:
        core = self._core
        core.spend(self._udp_in if where is Place.UDP else self._ip_in, frame.packet)
        if where is Place.UDP:
            self._verify(frame)
        self._machine.books.drop(core, frame, where, reason)
        self.free(frame)

    def _closed(self, frame: Frame) -> None:
        """No socket has this port."""
        core = self._core
        self._verify(frame)
        self._machine.books.drop(core, frame, Place.UDP, DropReason.NO_SOCKET)
        if self._unreachable is not None and self._icmp_error is not None:
            answer = self._unreachable.answer(frame, core.now_ps)
            if answer is not None:
                core.spend(self._icmp_error, answer.packet)
                self.outgoing.append(answer)
                self.freed -= 1  # the answer's mbuf comes from the pool
        self.free(frame)

    # ---- a flow ----------------------------------------------------------------------------

    def _find(self, flow: Flow) -> UdpWay:
        if len(self._ways) >= _FLOWS_KNOWN:
            self._ways.clear()
        way = self._ways[flow] = self._decide(flow)
        return way

    def _decide(self, flow: Flow) -> UdpWay:
        protocol = flow.protocol
        if protocol is Protocol.ARP:
            return UdpWay(Place.ARP)
        if protocol is Protocol.OTHER:
            return UdpWay(Place.IP, DropReason.UNHANDLED_PROTO)
        if not self._host.is_local(flow.destination):
            return UdpWay(Place.IP, DropReason.IP_INADDRERRORS)
        if flow.fragment:
            if self.defrag is None:
                return UdpWay(Place.IP, DropReason.NO_REASSEMBLY)
            return UdpWay(Place.IP, fragment=True)
        if protocol in _CONSUMED:
            return UdpWay(_CONSUMED[protocol])
        if protocol is Protocol.UDP:
            return UdpWay(Place.UDP, socket=self._queues.find(flow.destination_port))
        return UdpWay(Place.IP, DropReason.IP_NOPROTO)
