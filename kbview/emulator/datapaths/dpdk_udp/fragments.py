"""Fragments on a stack in user space: they wait in their mbufs until the datagram is whole.

The rules, limits and timeouts are those of protocol/reassembly.py. Each lcore has a table of its own;
RSS hashes all fragments of a datagram by their addresses, so they come to the same lcore.
DPDK: Programmer's Guide, "IP Fragmentation and Reassembly Library". FreeBSD: netinet/ip_reass.c
"""

from typing import NamedTuple

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.memory import MBUF
from kbview.emulator.protocol.datagram import Datagrams, fragment_of
from kbview.emulator.protocol.fragment import Fragment
from kbview.emulator.protocol.reassembly import Limits, Lost, Reassembly
from kbview.packet.frame import Frame
from kbview.tape.events import FragmentHeld, FragmentsCombined


class LostFrame(NamedTuple):
    """A fragment that is given up, and the reason."""

    frame: Frame
    reason: str


class UserDefrag:
    """The incomplete datagrams of one lcore."""

    def __init__(self, machine: Machine, core: Core) -> None:
        self._core = core
        self._recorder = machine.recorder
        self._reassembly = Reassembly(Limits())
        self._datagrams = Datagrams()
        self._step = machine.prices.step("user_defrag")

    @property
    def held(self) -> int:
        """Fragments that wait."""
        return self._reassembly.held

    @property
    def due_ps(self) -> int:
        """When the oldest datagram is given up; NEVER_PS without one."""
        return self._reassembly.due_ps

    def take(self, frame: Frame) -> tuple[Frame | None, list[LostFrame]]:
        """Take a fragment. Returns the datagram if it is whole now, and the lost fragments."""
        core = self._core
        fragment = fragment_of(frame, MBUF)
        core.spend(self._step, frame.packet)
        datagram, lost = self._reassembly.take(fragment, core.now_ps)
        whole = self._combined(datagram) if datagram else None
        if self._recorder.steps and whole is None and all(each is not fragment for each, _ in lost):
            self._recorder.emit(FragmentHeld(core.now_ps, core.number, frame.packet))
        return whole, _frames(lost)

    def _combined(self, datagram: list[Fragment]) -> Frame:
        core = self._core
        frames = tuple(_frame_of(each) for each in datagram)
        whole = self._datagrams.combined(frames, datagram)
        if self._recorder.steps:
            event = FragmentsCombined(core.now_ps, core.number, whole.packet, len(frames))
            self._recorder.emit(event)
        return whole

    def expire(self, now_ps: int) -> list[LostFrame]:
        """Give up the datagrams that are due; returns their fragments."""
        return _frames(self._reassembly.expire(now_ps)) if self.due_ps < NEVER_PS else []

    def give_up(self) -> list[LostFrame]:
        """Give up all incomplete datagrams: their missing fragments will not come."""
        return _frames(self._reassembly.give_up())


def _frames(lost: list[Lost]) -> list[LostFrame]:
    return [LostFrame(_frame_of(fragment), reason) for fragment, reason in lost]


def _frame_of(fragment: Fragment) -> Frame:
    frame = fragment.carrier
    if not isinstance(frame, Frame):
        raise TypeError("a fragment lost its frame")
    return frame
