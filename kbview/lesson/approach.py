"""The approach: brings a player to the targets of an itinerary in their order.

The way to an event is told in single steps, so it ends at the same event in every run, whatever the
speed of the screen and of the machine. The way to a time needs steps in its last stretch only: the
meters of a time are the same in every detail.
"""

from collections import deque
from collections.abc import Sequence
from time import monotonic

from kbview.lesson.target import LONGEST_PS, target
from kbview.state.player import Player
from kbview.state.speed import US
from kbview.state.until import Time, Until
from kbview.tape.detail import Detail

_SLICE_PS = 20 * US  # of the run between two looks at the clock
_LEAP_PS = 200 * US  # the same where only meters are told
_TAIL_PS = 100 * US  # before a time, told in steps, so that single packets are known there
_ENDLESS = float("inf")


class Approach:
    """`fault` is the sentence about a target that the run does not reach, "" so far."""

    def __init__(self, player: Player, targets: Sequence[str]) -> None:
        self.fault = ""
        self._player = player
        self._left = deque(targets)
        self._until: Until | None = None
        self._taken: list[tuple[str, int, int]] = []

    def taken(self) -> list[tuple[str, int, int]]:
        """Each target reached since the last call, with the position and the time of its end."""
        taken, self._taken = self._taken, []
        return taken

    @property
    def done(self) -> bool:
        """Whether all targets are reached, or the next will never be."""
        return not self._left or bool(self.fault)

    def advance(self, budget_s: float = _ENDLESS) -> bool:
        """Go on for so many seconds of real time; whether it is done. SourceError as for `pump`."""
        player, deadline = self._player, monotonic() + budget_s
        player.stop()
        while not self.done:
            if self._until is None:
                self._until = target(self._left[0], player.state.now_ps)
                self._until.begin(player.state)
            if self._reached(self._until):
                state = player.state
                self._taken.append((self._left.popleft(), state.position, state.now_ps))
                self._until = None
            if monotonic() >= deadline:
                break
        return self.done

    def _reached(self, until: Until) -> bool:
        """Run for a slice; whether the condition holds there. Says so if it never will."""
        if isinstance(until, Time):
            return self._timed(until.time_ps)
        player = self._player
        player.set_detail(Detail.STEPS)
        player.produce(player.tape.end_ps + _SLICE_PS, _ENDLESS)
        player.said = ""
        whole = player.fold(player.tape.length, until)
        if player.said:  # the player has stopped there
            player.said = ""
            return True
        over = player.source.ended or player.state.now_ps > LONGEST_PS
        if whole and over:
            self.fault = f"not reached: {until.what}"
        return False

    def _timed(self, time_ps: int) -> bool:
        """Run for a slice towards a time; whether it is reached. The end of the run counts as well."""
        player = self._player
        now_ps, tail_ps = max(player.tape.end_ps, player.state.now_ps), time_ps - _TAIL_PS
        far = now_ps < tail_ps
        player.set_detail(Detail.METERS if far else Detail.STEPS)
        here_ps = min(tail_ps, now_ps + _LEAP_PS) if far else min(time_ps, now_ps + _SLICE_PS)
        player.produce(here_ps, _ENDLESS)
        if not player.fold(player.tape.position_at(here_ps)):
            return False
        player.state.pass_time(here_ps if not player.source.ended else player.state.now_ps)
        return player.state.now_ps >= time_ps or player.ended
