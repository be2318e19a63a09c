"""netif_receive_skb and up: link layer, IP, transport, and the decision whose packet this is.

What the layers decide is the same for every packet of a flow, so it is looked up once a flow, as
Linux caches routes and sockets; the steps are paid by every packet all the same.
"""

from typing import NamedTuple

from kbview.emulator.cost import Step
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.kernel.socket import Socket, SocketGroup
from kbview.emulator.kernel.xmit import Forwarder
from kbview.emulator.protocol.host import Host
from kbview.emulator.protocol.layer import LAYERS, layer_of_fault
from kbview.packet.frame import Flow, Frame, Protocol

NETFILTER_DROP = "NETFILTER_DROP"
_FLOWS_KNOWN = 65_536


class Way(NamedTuple):
    """How far up a flow's packets go, and what becomes of them there.

    `climb` is the price from the ring up to each layer, `queueing` that into a socket. Either a
    `socket` takes the packet, or layer `end` consumes it, or refuses it with `reason`.
    """

    climb: dict[str, Step]
    queueing: Step
    end: str
    socket: Socket | Forwarder | None
    reason: str


class Stack:
    """The protocol layers of one host. `below` are the steps that each packet took to get here.

    With a `forwarder` it is a router. `filter_at` is where a rule of netfilter drops every IP packet:
    "raw" (PREROUTING), "input" (INPUT), or nowhere.
    """

    def __init__(
        self,
        machine: Machine,
        host: Host,
        sockets: SocketGroup,
        skbs: SkbCache,
        below: tuple[str, ...],
    ) -> None:
        self.forwarder: Forwarder | None = None
        self.filter_at = ""
        self._below = below
        self._machine = machine
        self._host = host
        self._sockets = sockets
        self._skbs = skbs
        self._ways: dict[Flow, Way] = {}

    def netif_receive_skb(self, core: Core, frame: Frame) -> Socket | Forwarder | None:
        """Take a packet up the layers; returns its socket, or None where its way ended in here."""
        way = self._ways.get(frame.flow) or self._find_way(frame.flow)
        if frame.fault:
            layer = layer_of_fault(frame.fault)
            where = layer if layer in way.climb else way.end
            self._drop(core, frame, way.climb[where], where, frame.fault)
            return None
        if way.reason:
            self._drop(core, frame, way.climb[way.end], way.end, way.reason)
            return None
        socket = way.socket
        if socket is not None and (frame.payload or not socket.stream):
            core.spend(way.queueing, frame.packet)
            return socket
        core.spend(way.climb[way.end], frame.packet)
        self._machine.deliver(core, frame, way.end)
        self._skbs.free(core, frame)
        return None

    def _drop(self, core: Core, frame: Frame, climb: Step, where: str, reason: str) -> None:
        core.spend(climb, frame.packet)
        self._machine.drop(core, frame, where, reason)
        self._skbs.free(core, frame)

    def _find_way(self, flow: Flow) -> Way:
        if len(self._ways) >= _FLOWS_KNOWN:
            self._ways.clear()
        names = list(self._below)
        climb: dict[str, Step] = {}
        for layer in LAYERS[flow.protocol]:
            names += layer.steps
            climb[layer.name] = self._machine.prices.sequence(*names)
        queueing = self._machine.prices.sequence(*names, "socket_enqueue")
        way = self._filtered(flow, climb, queueing) or self._decide(flow, climb, queueing, [*climb][-1])
        self._ways[flow] = way
        return way

    def _filtered(self, flow: Flow, climb: dict[str, Step], queueing: Step) -> Way | None:
        """The way of an IP packet that a rule drops."""
        if not self.filter_at or "ip" not in climb or self._host.is_group(flow.destination):
            return None
        end = "netif" if self.filter_at == "raw" else "ip"
        return Way(climb, queueing, end, None, NETFILTER_DROP)

    def _forwarded(self, climb: dict[str, Step], forwarder: Forwarder) -> Way:
        names = (part.name for part in climb["ip"].parts)
        step = self._machine.prices.sequence(*names, *forwarder.steps)
        return Way(climb, step, "ip", forwarder, "")

    def _decide(self, flow: Flow, climb: dict[str, Step], queueing: Step, top: str) -> Way:
        if flow.protocol is Protocol.OTHER:
            return Way(climb, queueing, top, None, "UNHANDLED_PROTO")
        if flow.protocol is Protocol.ARP or self._host.is_group(flow.destination):
            return Way(climb, queueing, top, None, "")
        if self.forwarder is not None:
            return self._forwarded(climb, self.forwarder)
        if not self._host.is_local(flow.destination):
            return Way(climb, queueing, "ip", None, "IP_INADDRERRORS")
        if flow.protocol not in (Protocol.UDP, Protocol.TCP):
            return Way(climb, queueing, top, None, "")
        socket = self._sockets.find(flow)
        if socket is None:
            return Way(climb, queueing, top, None, "NO_SOCKET")
        socket.flows.add(flow)
        socket.delivery = queueing
        return Way(climb, queueing, top, socket, "")
