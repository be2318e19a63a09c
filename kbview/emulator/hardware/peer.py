"""The host at the other end of the cable: ideal, infinitely fast, but far away and behind a lossy way.

    host --- last bit left --- rtt/2 ---> receive()
    host <-- FrameArrived ---- rtt/2 ---- send(), frame after frame at the link's rate

It closes the loop: its frames depend on the frames that the host has sent. It is an actor beside the
cores and runs when it is furthest behind, so everything that it puts on the wire arrives half a round
trip later than any core's time. Nothing here costs CPU time.
"""

import random
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from itertools import count

from kbview.emulator.engine import NEVER_PS, Actor
from kbview.emulator.hardware.cable import Cable
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.nic import Nic
from kbview.packet.frame import Frame

Action = Callable[[], None]  # `now_ps` is the time then


class NetworkPath:
    """The network between: round-trip time, the share of frames lost each way, and the link's rate.

    `late` is the share of frames that take a round-trip time more, and so come behind others.
    """

    def __init__(self, rtt_ps: int, loss: float, gbps: float, seed: int, late: float = 0.0) -> None:
        self.half_ps = rtt_ps // 2
        self.loss = loss
        self.late = late
        self.link = Cable(gbps)
        self._random = random.Random(seed)  # noqa: S311 - a model, not a secret

    def loses(self) -> bool:
        """Whether the next frame is lost."""
        return self.loss > 0 and self._random.random() < self.loss

    def crossing_ps(self) -> int:
        """How long the next frame is under way."""
        late = self.late > 0 and self._random.random() < self.late
        return 3 * self.half_ps if late else self.half_ps


class Timer:
    """Something a peer will do; `cancel` it and it will not."""

    __slots__ = ("action",)

    def __init__(self, action: Action) -> None:
        self.action: Action | None = action

    def cancel(self) -> None:
        """Never mind."""
        self.action = None


def _unseen(frame: Frame, coming: bool) -> None:
    """Nobody looks at the frames of the cable."""


class Peer(Actor):
    """A host that asks and answers at the other end. `lost` counts frames lost in both directions.

    `packets` numbers the frames that it sends. `speaks_tcp`: it needs a host that does. `look` is
    called with each frame, and whether it comes to the host, before the way can lose it.
    """

    speaks_tcp = False

    def __init__(self, nic: Nic, way: NetworkPath, packets: "count[int]") -> None:
        self.due_ps = NEVER_PS
        self.now_ps = 0
        self.lookahead_ps = way.half_ps
        self.lost = 0
        self.packets = packets
        self.look: Callable[[Frame, bool], None] = _unseen
        self._nic = nic
        self._way = way
        self._agenda: list[tuple[int, int, Timer]] = []
        self._order = count()

    # ---- for kinds of peers to define ----------------------------------------------------------

    @abstractmethod
    def start(self) -> None:
        """The emulation begins: plan or send the first frames."""

    @abstractmethod
    def receive(self, frame: Frame) -> None:
        """A frame of the host has come, at `now_ps`."""

    # ---- for kinds of peers to use -------------------------------------------------------------

    def send(self, frame: Frame) -> None:
        """Put a frame on the wire now; its `arrived_ps` becomes when its last bit reaches the NIC."""
        self.look(frame, True)
        left_ps = self._way.link.put(frame.length, self.now_ps)
        if self._way.loses():
            self.lost += 1
            return
        frame.arrived_ps = left_ps + self._way.crossing_ps()
        self._nic.inject(frame)

    def call_at(self, time_ps: int, action: Action) -> Timer:
        """Do something at a time that is not past."""
        timer = Timer(action)
        heappush(self._agenda, (max(time_ps, self.now_ps), next(self._order), timer))
        self.due_ps = self._agenda[0][0]
        return timer

    # ---- the machinery ---------------------------------------------------------------------

    def hear(self, frame: Frame, left_ps: int, core: Core) -> None:
        """The host rang a doorbell: the last bit of a frame will leave at `left_ps`."""
        self.look(frame, False)
        if self._way.loses():
            self.lost += 1
            return
        self.call_at(left_ps + self._way.crossing_ps(), partial(self.receive, frame))
        core.give_way_by(self.due_ps)

    def run(self, horizon_ps: int) -> None:
        """Do the action that is due first; the engine then looks for the next actor."""
        del horizon_ps
        self.now_ps, _, timer = heappop(self._agenda)
        if timer.action is not None:
            timer.action()
        self._skip_cancelled()

    def _skip_cancelled(self) -> None:
        agenda = self._agenda
        while agenda and agenda[0][2].action is None:
            heappop(agenda)
        self.due_ps = agenda[0][0] if agenda else NEVER_PS
