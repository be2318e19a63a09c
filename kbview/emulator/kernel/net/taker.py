"""Who takes packets from a driver's poll: contracts between NAPI and what is above it."""

from typing import Protocol

from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.kernel.net.defrag import Defrag
from kbview.emulator.kernel.net.netfilter import Unconfirmed
from kbview.emulator.kernel.net.tcp import Tcp
from kbview.packet.frame import Frame

Layer = Tcp | Defrag | Unconfirmed  # may take its time, and others come between


class Taker(Protocol):
    """The end of the way up: a socket, the forwarder, a packet ring."""

    def queue_rcv(self, core: Core, frame: Frame) -> bool:
        """Take the packet, or give it up and say False."""


class Receiver(Protocol):
    """The layers above the driver."""

    def netif_receive_skb(self, core: Core, frame: Frame) -> Taker | Layer | None:
        """Take a packet up; returns who is to have it, or None where its way ended."""

    def receive_merged(self, core: Core, frame: Frame) -> Taker | Layer | None:
        """As `netif_receive_skb` for what GRO lets up, whose cleaning was paid."""

    def hand_over(self, core: Core, frame: Frame, layer: Layer) -> Process:
        """Give it to a layer that may answer, or hold it; it yields where others come first."""
