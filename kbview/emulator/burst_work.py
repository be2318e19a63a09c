"""The work of an application in user space on a burst of frames, on every datapath."""

from abc import ABC, abstractmethod

from kbview.emulator.application import Answers, Application
from kbview.emulator.cost import Step
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import DropReason, Place

# Enum members that a packet needs: a look-up in the class costs more than a call.
_APP = Place.APP
_DISCARDED = DropReason.DISCARDED


class Work(ABC):
    """`sends`: the application returns frames; `passes_on`: it returns the received frames.

    `free` are the steps that free a buffer; () if the datapath frees it. `untouched`: no step before
    has read the frame. So the application pays for the first load of a line that the NIC wrote.
    `whole` is all work on a frame that the application takes; None where frames have another end.
    """

    passes_on = False
    sends = False

    def __init__(
        self, machine: Machine, app: Application, free: tuple[str, ...], *, untouched: bool
    ) -> None:
        self.whole: Step | None = None
        self._machine = machine
        self._app = app
        self._read = ("frame_touch", "app_work") if untouched else ("app_work",)
        self._free = machine.prices.sequence(*free) if free else None

    @abstractmethod
    def take(self, core: Core, frames: list[Frame]) -> list[Frame]:
        """Work on the frames and free them; returns the frames to send instead."""


class Consume(Work):
    """The application takes each frame and frees it."""

    def __init__(
        self, machine: Machine, app: Application, free: tuple[str, ...], *, untouched: bool
    ) -> None:
        super().__init__(machine, app, free, untouched=untouched)
        self.whole = self._finish = machine.prices.sequence(*self._read, *free)

    def take(self, core: Core, frames: list[Frame]) -> list[Frame]:
        for frame in frames:
            self._machine.books.deliver(core, frame, _APP)
            core.spend(self._finish, frame.packet)
        return []


class DropWork(Work):
    """Each frame is freed unread."""

    def take(self, core: Core, frames: list[Frame]) -> list[Frame]:
        for frame in frames:
            self._machine.books.drop(core, frame, _APP, _DISCARDED)
            if self._free is not None:
                core.spend(self._free, frame.packet)
        return []


class ReplyWork(Work):
    """Addresses and ports are swapped in the same buffer."""

    sends = True

    def __init__(
        self, machine: Machine, app: Application, free: tuple[str, ...], *, untouched: bool
    ) -> None:
        super().__init__(machine, app, free, untouched=untouched)
        self._answers = Answers()
        self._rewrite = machine.prices.sequence(*self._read, "frame_rewrite")

    def take(self, core: Core, frames: list[Frame]) -> list[Frame]:
        replies: list[Frame] = []
        for frame in frames:
            self._machine.books.deliver(core, frame, _APP)
            core.spend(self._rewrite, frame.packet)
            payload = self._app.answer(frame.payload)
            replies.append(self._answers.answer(frame, payload or 0, core.now_ps))
        return replies


class PassOn(Work):
    """New MAC addresses, then transmission: l2fwd."""

    passes_on = True
    sends = True

    def __init__(
        self, machine: Machine, app: Application, free: tuple[str, ...], *, untouched: bool
    ) -> None:
        super().__init__(machine, app, free, untouched=untouched)
        self._rewrite = machine.prices.step("frame_rewrite")

    def take(self, core: Core, frames: list[Frame]) -> list[Frame]:
        for frame in frames:
            core.spend(self._rewrite, frame.packet)
        return frames


WORKS: dict[str, type[Work]] = {"sink": Consume, "drop": DropWork, "echo": ReplyWork, "forward": PassOn}
