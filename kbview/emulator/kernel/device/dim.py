"""Dynamic interrupt moderation (DIM): search five profiles for the best, and stay there.

    few interrupts' wait                                                   many frames' wait
    profile 0 ---- 1 ---- 2 ---- 3 ---- 4        one step to the side a sample of 64 events
               <- LEFT   RIGHT ->

The driver completes a sample at the end of a poll. A sample is better than its predecessor if it has
more bytes, else more packets, else fewer events, by more than a tenth. After a better sample the search
takes another step in the same direction; after a worse sample it turns. Back at the profile where it
turned, it parks (ON_TOP) until a sample differs. After ten steps without a best profile it pauses
(TIRED).
A work item sets the NIC's registers. Its time is spent here at once; its delay is not modelled.
Linux: lib/dim/net_dim.c, include/linux/dim.h, and drivers/net/ethernet/mellanox/mlx5/core/en_dim.c,
en_txrx.c mlx5e_handle_rx_dim(). The code here is written from their description.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Annotated, Literal, NamedTuple

from kbview.emulator.engine import US_PS
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.keys import Keys, meaning

EVENTS = 64  # in a sample
PROFILES = 5
DEFAULT_PROFILE = 1
_SIGNIFICANT_PERCENT = 10
_TIRED_AFTER = 2 * PROFILES
_MS_US = 1000


@dataclass(frozen=True, kw_only=True)
class AdaptiveSettings(Keys):
    """Adaptive moderation, ethtool -C adaptive-rx."""

    adaptive_moderation: Annotated[
        Literal["off", "event", "completion"],
        meaning("whether DIM chooses the moderation, and from when the NIC counts its time"),
    ] = "off"


class Profile(NamedTuple):
    """Moderation of a vector: the NIC waits `usecs` microseconds or for `frames` frames."""

    usecs: int
    frames: int


FROM_EVENT = tuple(Profile(usecs, 256) for usecs in (1, 8, 64, 128, 256))
FROM_COMPLETION = (Profile(2, 256), Profile(8, 128), Profile(16, 64), Profile(32, 64), Profile(64, 64))
SINCE = {"event": FROM_EVENT, "completion": FROM_COMPLETION}


class Rates(NamedTuple):
    """Rates of one sample, per millisecond."""

    octets: int
    packets: int
    events: int


class Tune(Enum):
    """State of the search: the direction of the next step, or why there is none."""

    RIGHT = auto()
    LEFT = auto()
    ON_TOP = auto()
    TIRED = auto()


def _change(now: int, before: int) -> int:
    """1 for more, -1 for less, 0 for about the same."""
    if 100 * abs(now - before) // before <= _SIGNIFICANT_PERCENT:
        return 0
    return 1 if now > before else -1


def compare(now: Rates, before: Rates) -> int:
    """1 for better, -1 for worse, 0 for the same."""
    for more, past in ((now.octets, before.octets), (now.packets, before.packets)):
        if not past:
            return int(more > 0)
        if change := _change(more, past):
            return change
    return -_change(now.events, before.events) if before.events else 0


class NetDim:
    """The search. `profile` is the index of the profile in use."""

    def __init__(self) -> None:
        self.profile = DEFAULT_PROFILE
        self.tune = Tune.RIGHT
        self._before = Rates(0, 0, 0)
        self._taken = {Tune.RIGHT: 0, Tune.LEFT: 0}  # steps each way since it turned
        self._tired = 0

    def decide(self, now: Rates) -> bool:
        """Take a step after a sample; True if `profile` has changed."""
        profile, tune = self.profile, self.tune
        if tune is Tune.TIRED:
            self._tired -= 1
            if not self._tired:
                self._set_out()
        elif tune is Tune.ON_TOP:
            if compare(now, self._before):
                self._set_out()
        else:
            self._climb(compare(now, self._before))
        if not tune is self.tune is Tune.ON_TOP:
            self._before = now
        return self.profile != profile

    def _climb(self, change: int) -> None:
        if change <= 0:
            self.tune = Tune.LEFT if self.tune is Tune.RIGHT else Tune.RIGHT
            self._taken[self.tune] = 0
        back = Tune.LEFT if self.tune is Tune.RIGHT else Tune.RIGHT
        on_top = self._taken[back] > 1 and self._taken[self.tune] == 1
        parked = Tune.ON_TOP if on_top else self._step()
        if parked is not None:
            self.tune = parked
            self._taken = dict.fromkeys(self._taken, 0)
            self._tired *= parked is Tune.TIRED

    def _step(self) -> Tune | None:
        """Move one profile on. Returns ON_TOP at an edge and TIRED after too many steps, else None."""
        if self._tired == _TIRED_AFTER:
            return Tune.TIRED
        profile = self.profile + (1 if self.tune is Tune.RIGHT else -1)
        if not 0 <= profile < PROFILES:
            return Tune.ON_TOP
        self.profile = profile
        self._taken[self.tune] += 1
        self._tired += 1
        return None

    def _set_out(self) -> None:
        """Start again after a pause, to the left where there is a profile."""
        self.tune = Tune.LEFT if self.profile else Tune.RIGHT
        self._step()


class AdaptiveModeration:
    """DIM on one queue. `since`: the NIC counts its wait from an "event" or from a "completion"."""

    def __init__(self, machine: Machine, queue: RxQueue, since: str) -> None:
        self.events = 0
        self.dim = NetDim()
        self._queue = queue
        self._profiles = SINCE[since]
        self._quiet = since == "completion"
        self._apply_step = machine.prices.step("dim_apply")
        self._began: tuple[int, int, int, int] | None = None  # time, bytes, packets, events
        self._apply()

    def poll_ended(self, core: Core) -> None:
        """The poll has emptied the ring: once a sample is full, adapt the moderation."""
        queue = self._queue
        now = (core.now_ps, queue.taken_bytes, queue.taken, self.events)
        if self._began is None:
            self._began = now
        if self.events - self._began[-1] < EVENTS:
            return
        time_us, octets, packets, _ = (a - b for a, b in zip(now, self._began, strict=True))
        time_us //= US_PS
        self._began = now
        if not time_us:
            return
        rates = Rates(*(-(-count * _MS_US // time_us) for count in (octets, packets, EVENTS)))
        if self.dim.decide(rates):
            core.spend(self._apply_step)
            self._apply()

    def _apply(self) -> None:
        usecs, frames = self._profiles[self.dim.profile]
        self._queue.moderation = self._queue.moderation._replace(
            gap_ps=usecs * US_PS, frames=frames, quiet=self._quiet
        )
