"""The presenter's side: a class as the screen sees it."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic

from kbview.classroom.hub import Hub
from kbview.classroom.message import ClassMoment
from kbview.classroom.register import Register
from kbview.classroom.room import Room
from kbview.classroom.room_tape import RoomTape
from kbview.state.player import Player
from kbview.state.slide import LessonPlace, Slide
from kbview.tape.source import SourceError

_TAPE_PERIOD_S = 1.0  # between two copies while it plays


class ClassAudience:
    """The class in a room. `close` ends it with a sentence."""

    def __init__(self, room: Room, register: Register | None = None) -> None:
        self._room = room
        self._register = register
        self._hub = Hub(room)
        self._place: LessonPlace | None = None  # of the open question
        self._tape: RoomTape | None = None
        self._tapes = 0
        self._copied_s = 0.0
        self.fault = ""

    def see(self, width: int, rows: Sequence[str]) -> None:
        """Show a screen to the class."""
        self._hub.see(width, rows)

    def hear(self, slide: Slide | None) -> None:
        """Ask the question of a slide while it is open; None or another slide closes it."""
        place = slide.place if slide is not None and slide.asks else None
        if place == self._place:
            return
        self._close_question()
        self._place = place
        if slide is not None and place is not None:
            self._hub.ask(len(slide.choices), slide.unit)

    def _close_question(self) -> None:
        ballot = self._hub.decide()
        if ballot is not None and self._place is not None and self._register is not None:
            self._register.enter(self._place, ballot)

    def watch(self, player: Player) -> None:
        """Copy the tape as far as it goes, and tell the class where the moment is."""
        now_s = monotonic()
        fresh = self._tape is None or not self._tape.of(player)
        if self.fault or (player.playing and not fresh and now_s - self._copied_s < _TAPE_PERIOD_S):
            return
        self._copied_s = now_s
        try:
            tape = self._begin(player) if fresh or self._tape is None else self._tape
            tape.append()
        except SourceError as error:
            self.fault = str(error)
            return
        self._hub.point(ClassMoment(tape.path.name, player.state.now_ps))

    def _begin(self, player: Player) -> RoomTape:
        """A tape for another player. The file before is removed: open files of followers stay."""
        if self._tape is not None:
            self._tape.close()
            self._tape.path.unlink(missing_ok=True)
        self._tapes += 1
        self._tape = RoomTape(self._room.path / f"tape-{self._tapes}.kbt", player)
        self._room.share_tape(self._tape.path)
        return self._tape

    def tally(self) -> str:
        """How many followers there are and have answered."""
        followers, ballot = self._hub.followers, self._hub.ballot
        if self.fault:
            return f"{followers} followers; the tape of the room ends here: {self.fault}"
        if ballot.asked is None:
            return f"{followers} followers, in {self._room.path}"
        return f"{ballot.answered} of {followers} followers have answered"

    def spread(self) -> str:
        """How the answers to the last question are spread; "" if nothing was asked."""
        return self._hub.ballot.spread()

    def answered(self, tell: Callable[[], None] | None) -> None:
        """Call `tell` in any thread after each answer; None ends that."""
        self._hub.answered(tell)

    def close(self) -> None:
        """End the class, and remove its room."""
        self._close_question()
        user = os.environ.get("USER", "the presenter")[:40]
        self._hub.close(f"{user} has ended the class.")
        if self._tape is not None:
            with suppress(SourceError, OSError):
                self._tape.close()
        self._room.close()
