"""Builds the protocol layers of a host: routes, netfilter, TCP, and the stack above a driver."""

from kbview.emulator.application import ApplicationSettings
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.net.early_demux import EarlyDemux
from kbview.emulator.kernel.net.fib import Fib, FibSettings
from kbview.emulator.kernel.net.generic_xdp import GenericXdp
from kbview.emulator.kernel.net.layers import Ends, ProtocolStack
from kbview.emulator.kernel.net.listen import Listening, ListenSettings
from kbview.emulator.kernel.net.netfilter import Netfilter, NetfilterSettings
from kbview.emulator.kernel.net.offload import OffloadSettings, summed_above_gro
from kbview.emulator.kernel.net.summing_stack import SummingStack
from kbview.emulator.kernel.net.tcp import TcpLayer
from kbview.emulator.kernel.net.tcp_output import SegmentSender
from kbview.emulator.kernel.net.timer import Timers
from kbview.emulator.kernel.send.xdp_tx import xdp_action
from kbview.emulator.kernel.send.xmit import Forwarder, TxQueues
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.kernel.socket.reuseport import SocketGroup
from kbview.emulator.protocol.host import Host
from kbview.emulator.protocol.tcp.parameters import TcpSettings


def replays(machine: Machine, settings: ApplicationSettings) -> bool:
    """Whether this host sends the ACKs of a capture's host itself. Its NIC is open by now."""
    return settings.part(TcpSettings).replay_acks and machine.nic.records_acks


def datagram_stack(
    machine: Machine,
    settings: ApplicationSettings,
    host: Host,
    skbs: SkbCache,
    below: tuple[str, ...],
    rule: str,
    sockets: SocketGroup,
    forwarder: Forwarder | None,
) -> ProtocolStack:
    """A stack for the streams of a capture; netfilter drops at `rule`, "" for nowhere."""
    netfilter = Netfilter(machine, skbs, rule, conntrack=settings.part(NetfilterSettings).conntrack)
    ends = Ends(sockets, EarlyDemux(), forwarder=forwarder)
    fib = Fib(settings.part(FibSettings).routes, host)
    return ProtocolStack(machine, skbs, below, fib, netfilter, ends, Timers(machine))


def full_stack(
    machine: Machine,
    settings: ApplicationSettings,
    host: Host,
    skbs: SkbCache,
    below: tuple[str, ...],
    sockets: SocketGroup,
    tx: TxQueues,
    xdp_generic: bool,
) -> ProtocolStack:
    """A stack that also speaks TCP with a peer, and forwards or runs generic XDP by its settings."""
    dropping = settings.app == "drop" and not xdp_action(settings)
    rule = settings.drop_at if dropping else ""
    netfilter = Netfilter(machine, skbs, rule, conntrack=settings.part(NetfilterSettings).conntrack)
    timers = Timers(machine)
    forwards = settings.app == "forward"
    tcp = xdp = acks = None
    demux = EarlyDemux()
    if machine.peer is not None and settings.app not in ("forward", "drop"):
        listening = Listening(machine, sockets, settings.part(ListenSettings))
        sender = SegmentSender(machine, tx, netfilter.tracked)
        tcp = TcpLayer(machine, listening, skbs, sender, settings.part(TcpSettings), timers, demux)
    elif settings.app not in ("forward", "drop") and replays(machine, settings):
        acks = SegmentSender(machine, tx, netfilter.tracked)
    if xdp_generic and xdp_action(settings):
        xdp = GenericXdp(machine, skbs, tx if forwards else None)
    forwarder = Forwarder(tx) if forwards and settings.forward_at == "ip" else None
    ends = Ends(sockets, demux, tcp, forwarder, xdp, acks)
    fib = Fib(settings.part(FibSettings).routes, host)
    kind = SummingStack if summed_above_gro(settings.part(OffloadSettings)) else ProtocolStack
    return kind(machine, skbs, below, fib, netfilter, ends, timers)
