"""The controls: what the keys of the transport do on the screen, whichever screen it is."""

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any

from textual.app import App

from kbview.state.destination import EXAMPLES, parse
from kbview.state.pace import SPEEDS
from kbview.state.player import Player
from kbview.state.until import Until, choices
from kbview.tape.event import NO_PACKET
from kbview.ui import format as fmt
from kbview.ui.chooser import Chooser
from kbview.ui.prompt import Prompt
from kbview.ui.session import Session

_ASKED = "a time or a packet"


class Controls(App[None]):
    """Moves one player. The shell says how to draw, and what to do when a source fails."""

    _player: Player
    _session: Session
    _knob = -1  # the one that up and down turn; -1: none was chosen yet, so the first

    @abstractmethod
    def _attempt(self, act: Callable[[], Any]) -> Any:
        """Do something that a source may fail at; None when it did."""

    @abstractmethod
    def _say(self, message: str) -> None:
        """A sentence that goes away again."""

    @abstractmethod
    def _moved(self) -> None:
        """The view is elsewhere, the player may play or not: draw, and run or stop the clock."""

    def action_play(self) -> None:
        """Play or pause; a run is ended."""
        player = self._player
        if player.playing:
            player.stop()
        else:
            player.playing = not player.ended
        self._moved()

    def action_step(self, kind: str = "event") -> None:
        """Go on by one event, packet or stage."""
        found = self._attempt(partial(self._session.transport.step, kind))
        self._moved()
        if found is False:
            self._say(f"no further {kind} is told")

    def action_step_back(self, kind: str = "event") -> None:
        """Go back by one event, packet or stage."""
        found = self._attempt(partial(self._session.transport.step_back, kind))
        self._moved()
        if found is False:
            self._say(f"no earlier {kind} is on the tape")

    def action_shift(self, seconds: float) -> None:
        """Leap by seconds of the viewer's time."""
        self._attempt(partial(self._session.transport.shift, seconds))
        self._moved()

    def action_follow(self) -> None:
        """Follow the packet that is looked at, or nobody."""
        session = self._session
        packet = session.packet
        session.transport.followed = NO_PACKET if session.transport.followed == packet else packet
        followed = session.transport.followed
        self._moved()
        told = (
            f"following #{followed}: . , s S stop at it alone"
            if followed != NO_PACKET
            else "following nobody"
        )
        self._say(told)

    def action_home(self) -> None:
        """To the beginning of the tape."""
        self._attempt(self._session.transport.home)
        self._moved()

    def action_tape_end(self) -> None:
        """To the end of the tape."""
        self._attempt(self._session.transport.end)
        self._moved()

    def action_speed(self, rungs: int) -> None:
        """Up or down the ladder."""
        self._player.change_speed(rungs)
        self._moved()

    # ---- markers ---------------------------------------------------------------------------

    def action_mark(self) -> None:
        """Set a marker here."""
        marker = self._session.transport.mark()
        self._say(f"{marker.text} at {fmt.clock(marker.time_ps)}")

    def action_marker(self, by: int) -> None:
        """To the next or previous marker."""
        marker = self._attempt(partial(self._session.transport.to_marker, by > 0))
        self._moved()
        if marker is None:
            where = "further on, as far as the tape was seen" if by > 0 else "before this"
            self._say(f"no marker {where}")
        else:
            self._say(f"marker: {marker.text}")

    # ---- the traffic ------------------------------------------------------------------------

    def action_knob(self) -> None:
        """The next of what can be changed about the running traffic."""
        self._knob += 1
        self._say_knob()

    def action_turn(self, rungs: int) -> None:
        """Turn the chosen knob."""
        knobs = self._player.source.knobs()
        if knobs:
            name = knobs[max(self._knob, 0) % len(knobs)].name
            self._attempt(partial(self._player.source.turn, name, rungs))
        self._say_knob()

    def _say_knob(self) -> None:
        knobs = self._player.source.knobs()
        if not knobs:
            self._say("this source's traffic cannot be changed while it runs")
            return
        knob = knobs[max(self._knob, 0) % len(knobs)]
        self._say(f"{knob.name} {knob.value}: {knob.help}; up and down change it")

    # ---- where to --------------------------------------------------------------------------

    def action_go(self) -> None:
        """Ask for a time, a share of the tape or a packet."""
        self.push_screen(
            Prompt("go to", EXAMPLES, "", self._session.theme, self._session.ascii), self._go
        )

    def _go(self, text: str | None) -> None:
        if not text:
            return
        destination = parse(text)
        if destination is None:
            self._say(f"{text!r} is no place on the tape; examples: {EXAMPLES}")
            return
        found = self._attempt(partial(self._session.transport.seek_to, destination))
        self._moved()
        packet, arrived = destination.packet, self._player.state.packet
        if found is False:
            self._say(f"{text} is not told on this tape")
        elif packet is not None and self._player.until is None and arrived != packet:
            self._say(f"#{packet} did not arrive here; the next that did is #{arrived}")

    def action_until(self) -> None:
        """Ask what to run to."""
        self._untils: dict[str, Until] = {each.what: each for each in choices()}
        names = [*self._untils, _ASKED]
        box = Chooser("Run until", names, "", self._session.theme, self._session.ascii)
        self.push_screen(box, self._run_until)

    def _run_until(self, what: str | None) -> None:
        if what == _ASKED:
            self.action_go()
        elif what is not None:
            self._run(self._untils[what])

    def _run(self, until: Until) -> None:
        self._session.transport.run_until(until)
        self._moved()

    def action_fastest(self) -> None:
        """The top of the ladder of speeds."""
        self.action_speed(len(SPEEDS))
