"""ip_defrag: fragments wait for the rest of their datagram, until a timeout or the memory limit.

    fragment --> protocol/reassembly --> held | dropped | the whole datagram goes to its transport

The datagram is one sk_buff with the others in its frag_list: all are charged, delivered and freed
together. Its transport checksum is not verified, because no bytes are kept.
Linux: net/ipv4/ip_fragment.c
"""

from collections.abc import Callable

from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.net.timer import Timed, Timers
from kbview.emulator.kernel.skb import Endings, SkbCache, truesize
from kbview.emulator.protocol.datagram import Datagrams, fragment_of
from kbview.emulator.protocol.fragment import Fragment
from kbview.emulator.protocol.reassembly import Limits, Lost, Reassembly
from kbview.packet.frame import Frame
from kbview.tape.events import FragmentHeld, FragmentsCombined
from kbview.tape.vocabulary import Place

GoOn = Callable[[Core, Frame], Process]


class Defrag(Timed):
    """The queues of fragments. `go_on` takes a whole datagram to its transport."""

    def __init__(self, machine: Machine, skbs: SkbCache, go_on: GoOn, timers: Timers) -> None:
        self._timers = timers
        self._reassembly = Reassembly(Limits())
        self._recorder = machine.recorder
        self._endings = Endings(machine, skbs, Place.IP)
        self._datagrams = Datagrams()
        self._step = machine.prices.step("ip_defrag")
        self._go_on = go_on

    @property
    def held(self) -> int:
        """Fragments that wait."""
        return self._reassembly.held

    def receive(self, core: Core, frame: Frame) -> Process:
        """ip_defrag: take a fragment; the last one of a datagram completes it."""
        fragment = fragment_of(frame, truesize(frame.length))
        core.spend(self._step, frame.packet)
        datagram, lost = self._reassembly.take(fragment, core.now_ps)
        self._drop(core, lost)
        if datagram:
            frames = tuple(_frame_of(each) for each in datagram)
            whole = self._datagrams.combined(frames, datagram)
            if self._recorder.steps:
                self._recorder.emit(
                    FragmentsCombined(core.now_ps, core.number, whole.packet, len(frames))
                )
            yield from self._go_on(core, whole)
        elif self._recorder.steps and all(each is not fragment for each, _ in lost):
            self._recorder.emit(FragmentHeld(core.now_ps, core.number, frame.packet))
        self._timers.arm(core)

    def _drop(self, core: Core, lost: list[Lost]) -> None:
        for fragment, reason in lost:
            self._endings.drop(core, _frame_of(fragment), reason)

    # ---- time ------------------------------------------------------------------------------

    @property
    def due_ps(self) -> int:
        return self._reassembly.due_ps

    def expire(self, core: Core) -> Process:
        self._drop(core, self._reassembly.expire(core.now_ps))
        yield from ()

    def abandon(self, core: Core) -> None:
        """Drop all fragments that wait: the missing ones will not arrive."""
        self._drop(core, self._reassembly.give_up())


def _frame_of(fragment: Fragment) -> Frame:
    frame = fragment.carrier
    if not isinstance(frame, Frame):
        raise TypeError("a fragment lost its frame")
    return frame
