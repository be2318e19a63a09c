"""Contracts between a driver's poll and the kernel above it."""

from typing import Protocol

from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.packet.frame import Frame


class Taker(Protocol):
    """The end of a packet's way up: a socket, a layer, the forwarder, a packet ring."""

    def receive(self, core: Core, frame: Frame) -> Process | None:
        """Take a packet, or drop it; the steps of its way up are paid.

        None when that is done. A layer that lets other cores come between returns a process, which has
        not begun; the caller runs it with `yield from`.
        """


class LayersAbove(Protocol):
    """The kernel above a driver: the stack, or a tap."""

    def netif_receive_skb(self, core: Core, frame: Frame) -> Taker | None:
        """Take a packet up; returns its taker, None where its way ended."""
