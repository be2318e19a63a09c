"""netif_receive_skb and up: link layer, IP, transport, and the taker of a packet.

The layers decide the same for every packet of a flow, so the decision is cached by flow, as Linux
caches routes and sockets. Every packet still spends the time of all steps.
"""

from collections.abc import Sequence
from typing import NamedTuple

from kbview.emulator.cost import Step
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.net.defrag import Defrag
from kbview.emulator.kernel.net.early_demux import EarlyDemux
from kbview.emulator.kernel.net.fib import Fib
from kbview.emulator.kernel.net.generic_xdp import XDP, GenericXdp
from kbview.emulator.kernel.net.netfilter import NETFILTER_DROP, Netfilter
from kbview.emulator.kernel.net.recorded_streams import CapturedStreams
from kbview.emulator.kernel.net.taker import LayersAbove, Taker
from kbview.emulator.kernel.net.tcp import TcpLayer
from kbview.emulator.kernel.net.tcp_output import SegmentSender
from kbview.emulator.kernel.net.timer import Timers
from kbview.emulator.kernel.send.xmit import Forwarder
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.kernel.socket.reuseport import SocketGroup
from kbview.emulator.protocol import layer
from kbview.emulator.protocol.layer import EARLY_DEMUX, IP, LAYERS, NETIF, layer_of_fault
from kbview.packet.frame import Flow, Frame, Protocol, parts
from kbview.tape.vocabulary import DropReason, Place, Reason

_FLOWS_KNOWN = 65_536


class FlowPath(NamedTuple):
    """The way of a flow's packets up the layers, and its end.

    `climb` has the price from the ring up to each layer, `queueing` is the price from the ring into a
    socket. `taker` gets the packet; where it is None, the layer `end` consumes the packet, or drops it
    with `reason`.
    """

    climb: dict[Place, Step]
    queueing: Step
    end: Place
    taker: Taker | None
    reason: str  # "" where it is not refused


class Ends(NamedTuple):
    """The ends of packets above IP.

    `demux` knows the established connections. `tcp` is None where the streams come from a capture and
    are not answered. A `forwarder` makes the host a router. `xdp` is a program of generic XDP, which
    decides before all layers. `acks` sends the ACKs of a recorded host, None where it has none.
    """

    sockets: SocketGroup
    demux: EarlyDemux
    tcp: TcpLayer | None = None
    forwarder: Forwarder | None = None
    xdp: GenericXdp | None = None
    acks: SegmentSender | None = None


class ProtocolStack(LayersAbove):
    """The protocol layers of one host. `below` are the steps of each packet before the layers."""

    def __init__(
        self,
        machine: Machine,
        skbs: SkbCache,
        below: tuple[str, ...],
        fib: Fib,
        netfilter: Netfilter,
        ends: Ends,
        timers: Timers,
    ) -> None:
        self._sockets, self.tcp = ends.sockets, ends.tcp
        self.replays = ends.acks is not None  # the ACKs of a recorded host
        self._forwarder, self._xdp = ends.forwarder, ends.xdp
        self._netfilter = netfilter
        self.fib = fib
        self._below = below
        self._machine = machine
        self._host = fib.host
        self._skbs = skbs
        self._demux = ends.demux
        self._demux.watch(self._forget)
        self._ways: dict[Flow, FlowPath] = {}
        self._upper: dict[Flow, FlowPath] = {}  # of datagrams that were put together
        self._lifted: dict[Flow, FlowPath] = {}  # of what GRO lets up
        self.in_hand = 0  # frames of such a datagram on its way to its socket
        machine.prices.reserve(self._steps())
        self._captured = CapturedStreams(machine, skbs, timers, self._demux, ends.acks)
        self._defrag = Defrag(machine, skbs, self._up, timers)
        self.timers = timers
        timers.add(self._defrag)
        timers.add(self._captured)
        if self.tcp is not None:
            timers.add(self.tcp)

    def _steps(self) -> set[str]:
        """All steps that some flow's packets take on their way up."""
        layers = {step for way in LAYERS.values() for each in way for step in each.steps}
        ends = [each.steps for each in (self._forwarder, self._xdp) if each is not None]
        return layers.union(
            EARLY_DEMUX, self._below, self.tracked, self.fib.steps, ["socket_enqueue"], *ends
        )

    @property
    def tracked(self) -> tuple[str, ...]:
        """The steps of conntrack for a packet that this host sends; none where it is off."""
        return self._netfilter.tracked

    @property
    def held(self) -> int:
        """Frames that wait for other fragments or for earlier segments, and the frames in TCP."""
        tcp = self.tcp.held if self.tcp is not None else 0
        tracked = self._netfilter.unconfirmed.held
        return self._defrag.held + self._captured.held + self.in_hand + tracked + tcp

    @property
    def buffers(self) -> int:
        """The sk_buffs of these frames, and of TCP's send queues."""
        tcp = self.tcp.buffers if self.tcp is not None else 0
        return self._defrag.held + self._captured.buffers + self.in_hand + tcp

    def abandon(self, core: Core) -> None:
        """Drop all waiting frames: their missing parts will not come."""
        self._defrag.abandon(core)
        self._captured.abandon(core)
        if self.tcp is not None:
            self.tcp.abandon(core)

    def netif_receive_skb(self, core: Core, frame: Frame) -> Taker | None:
        """Take a packet up the layers; returns its taker, None where its journey ended in a layer."""
        way = self._ways.get(frame.flow) or self._find_way(frame.flow)
        if frame.fault and way.end is not XDP:
            finder = layer_of_fault(frame.fault, frame.flow.protocol)
            where = finder if finder in way.climb else way.end
            self._drop(core, frame, way.climb[where], where, frame.fault)
            return None
        return self._along(core, frame, way)

    def receive_merged(self, core: Core, frame: Frame) -> Taker | None:
        """As `netif_receive_skb`, for a packet from GRO: the layers are paid once for all its parts."""
        way = self._lifted.get(frame.flow)
        if way is None:
            if len(self._lifted) >= _FLOWS_KNOWN:
                self._lifted.clear()
            way = self._priced(frame.flow, (), LAYERS[frame.flow.protocol])
            self._lifted[frame.flow] = way
        return self._along(core, frame, way)

    def _along(self, core: Core, frame: Frame, way: FlowPath) -> Taker | None:
        if way.reason:
            self._drop(core, frame, way.climb[way.end], way.end, way.reason)
            return None
        taker = way.taker
        if taker is not None:
            core.spend(way.queueing, frame.packet)
            return taker
        core.spend(way.climb[way.end], frame.packet)
        self._machine.books.deliver(core, frame, way.end)
        self._skbs.free(core, frame)
        return None

    def _up(self, core: Core, frame: Frame) -> Process:
        """Take a reassembled datagram to its transport."""
        way = self._upper.get(frame.flow) or self._find_upper(frame.flow)
        taker = self._along(core, frame, way)
        if taker is None:
            return
        if core.now_ps > core.horizon_ps:
            count = len(parts(frame))
            self.in_hand += count
            yield
            self.in_hand -= count
        rest = taker.receive(core, frame)
        if rest is not None:
            yield from rest

    def _drop(self, core: Core, frame: Frame, climb: Step, where: Place, reason: Reason) -> None:
        core.spend(climb, frame.packet)
        self._machine.books.drop(core, frame, where, reason)
        self._skbs.free(core, frame)

    def _forget(self, flow: Flow) -> None:
        """The way of a flow is another from now on: its connection was established, or ended."""
        self._ways.pop(flow, None)
        self._lifted.pop(flow, None)

    def _find_way(self, flow: Flow) -> FlowPath:
        if len(self._ways) >= _FLOWS_KNOWN:
            self._ways.clear()
        way = self._ways[flow] = self._priced(flow, self._below, LAYERS[flow.protocol])
        return way

    def _find_upper(self, flow: Flow) -> FlowPath:
        if len(self._upper) >= _FLOWS_KNOWN:
            self._upper.clear()
        layers = LAYERS[flow.protocol]
        way = self._priced(flow, (), [each for each in layers if each not in (NETIF, IP)])
        self._upper[flow] = way
        return way

    def _priced(
        self, flow: Flow, below: Sequence[str], layers: Sequence[layer.ProtocolLayer]
    ) -> FlowPath:
        if self._xdp is not None and below:
            step = self._machine.prices.sequence(*below, *self._xdp.steps)
            return FlowPath({XDP: step}, step, XDP, self._xdp, "")
        names = list(below)
        climb: dict[Place, Step] = {}
        for each in layers:
            names += self._routing(flow) if each is IP else each.steps
            climb[each.name] = self._machine.prices.sequence(*names)
        if not climb:
            climb[Place.IP] = self._machine.prices.sequence()
        queueing = self._machine.prices.sequence(*names, "socket_enqueue")
        return self._filtered(flow, climb, queueing) or self._decide(
            flow, climb, queueing, [*climb][-1]
        )

    def _routing(self, flow: Flow) -> tuple[str, ...]:
        """The steps of IP: header, connection tracking, early demux, route, nodes of its table."""
        check, finish, route = IP.steps
        known = EARLY_DEMUX if flow.protocol is Protocol.TCP else ()
        prepared = (check, *self._netfilter.tracked, finish, *known)
        return prepared if self._demux.knows(flow) else (*prepared, route, *self.fib.nodes(flow))

    def _filtered(self, flow: Flow, climb: dict[Place, Step], queueing: Step) -> FlowPath | None:
        """The path of an IP packet that a rule drops; None where no rule does."""
        rules = self._netfilter
        if not rules.drop_at or Place.IP not in climb or self._host.is_group(flow.destination):
            return None
        if rules.tracks:
            names = [part.name for part in climb[Place.IP].parts]
            before = names[: names.index(*rules.tracked)]
            return FlowPath(
                climb, self._machine.prices.sequence(*before), Place.IP, rules.unconfirmed, ""
            )
        if rules.drops_raw:
            names = [part.name for part in climb[Place.IP].parts]
            before = names[: names.index(IP.steps[0]) + 1]
            climb = {Place.IP: self._machine.prices.sequence(*before)}
        return FlowPath(climb, queueing, Place.IP, None, NETFILTER_DROP)

    def _forwarded(self, climb: dict[Place, Step], forwarder: Forwarder) -> FlowPath:
        names = (part.name for part in climb[Place.IP].parts)
        step = self._machine.prices.sequence(*names, *forwarder.steps)
        return FlowPath(climb, step, Place.IP, forwarder, "")

    def _decide(self, flow: Flow, climb: dict[Place, Step], queueing: Step, top: Place) -> FlowPath:
        if flow.protocol is Protocol.OTHER:
            return FlowPath(climb, queueing, top, None, DropReason.UNHANDLED_PROTO)
        if flow.protocol is Protocol.ARP or self._host.is_group(flow.destination):
            return FlowPath(climb, queueing, top, None, "")
        if self._forwarder is not None:
            return self._forwarded(climb, self._forwarder)
        if not self._host.is_local(flow.destination):
            return FlowPath(climb, queueing, Place.IP, None, DropReason.IP_INADDRERRORS)
        return self.ip_local_deliver(flow, climb, queueing, top)

    def ip_local_deliver(
        self, flow: Flow, climb: dict[Place, Step], queueing: Step, top: Place
    ) -> FlowPath:
        """ip_local_deliver: a fragment goes to reassembly, another packet to its transport."""
        if flow.fragment:
            return FlowPath(climb, climb[top], top, self._defrag, "")
        if flow.protocol not in (Protocol.UDP, Protocol.TCP):
            return FlowPath(climb, queueing, top, None, "")
        if flow.protocol is Protocol.TCP and self.tcp is not None:
            return FlowPath(climb, climb[top], top, self.tcp, "")
        socket = self._sockets.find(flow)
        if socket is None:
            return FlowPath(climb, queueing, top, None, DropReason.NO_SOCKET)
        if socket.stream:
            return FlowPath(climb, climb[top], top, self._captured.of(flow, socket), "")
        socket.table.placed.place(socket.flows, flow)
        if socket.table.deliverers:
            socket.delivery = queueing
        return FlowPath(climb, queueing, top, socket, "")
