"""The controls: the commands that move the player, the same on every screen."""

from functools import partial

from kbview.state.destination import EXAMPLES, parse
from kbview.state.speed import SPEEDS
from kbview.state.summary import summary
from kbview.state.until import Until, choices
from kbview.tape.event import NO_PACKET
from kbview.tape.source import SourceError
from kbview.ui import format as fmt
from kbview.ui.chooser import Chooser, Item
from kbview.ui.desk import Commands, Desk
from kbview.ui.prompt import Prompt
from kbview.ui.session import Session

_ASKED = "a time or a packet"


class Controls:
    """Moves one player and shows on the desk where it went."""

    def __init__(self, session: Session, desk: Desk) -> None:
        self._session = session
        self._player = session.player
        self._desk = desk
        self._knob = -1  # index of the knob that up and down turn; -1 until one is chosen
        self._untils: dict[str, Until] = {}

    @property
    def commands(self) -> Commands:
        """A command for each key of the transport, by the key's id."""
        return {
            "play": self.play,
            "step": partial(self.step, "event"),
            "back": partial(self.step_back, "event"),
            "packet": partial(self.step, "packet"),
            "packet_back": partial(self.step_back, "packet"),
            "stage": partial(self.step, "stage"),
            "stage_back": partial(self.step_back, "stage"),
            "later": partial(self.shift, 1),
            "earlier": partial(self.shift, -1),
            "much_later": partial(self.shift, 10),
            "much_earlier": partial(self.shift, -10),
            "home": self.home,
            "tape_end": self.tape_end,
            "faster": partial(self.speed, 1),
            "slower": partial(self.speed, -1),
            "fastest": partial(self.speed, len(SPEEDS)),
            "mark": self.mark,
            "marker": partial(self.marker, 1),
            "marker_back": partial(self.marker, -1),
            "knob": self.knob,
            "more": partial(self.turn, 1),
            "less": partial(self.turn, -1),
            "go": self.go,
            "until": self.until,
            "follow": self.follow,
        }

    def play(self) -> None:
        """Play or pause; a run is ended."""
        player = self._player
        if player.playing:
            player.stop()
        else:
            player.playing = not player.ended
        self._desk.moved()
        if player.ended:
            self._desk.say("this is the end; Home goes to the beginning, o opens something else")

    def step(self, kind: str = "event") -> None:
        """Go on by one event, packet or stage."""
        found = self._desk.attempt(partial(self._session.transport.step, kind))
        self._session.chosen = NO_PACKET  # the packet that moved is looked at
        self._desk.moved()
        if found is False:
            self._desk.say(f"no further {kind} is told")

    def step_back(self, kind: str = "event") -> None:
        """Go back by one event, packet or stage."""
        found = self._desk.attempt(partial(self._session.transport.step_back, kind))
        self._session.chosen = NO_PACKET
        self._desk.moved()
        if found is False:
            self._desk.say(f"no earlier {kind} is on the tape")

    def shift(self, seconds: float) -> None:
        """Leap by seconds of the viewer's time."""
        self._desk.attempt(partial(self._session.transport.shift, seconds))
        self._desk.moved()

    def follow(self) -> None:
        """Follow the packet that is looked at, or nobody."""
        session = self._session
        packet = session.packet
        if packet == NO_PACKET:
            self._desk.say("no single packet is told here; slow down with - to follow one")
            return
        session.transport.followed = NO_PACKET if session.transport.followed == packet else packet
        followed = session.chosen = session.transport.followed
        self._desk.moved()
        self._desk.say(self._following(followed))

    def _following(self, packet: int) -> str:
        """The answer to `f`; a packet that has ended has steps in the past only."""
        if packet == NO_PACKET:
            return "following no packet"
        state = summary(packet, self._session.journeys.own(packet)).state
        if state == "waiting":
            return f"following {fmt.packet(packet)}: . , s S stop at it alone"
        return f"following {fmt.packet(packet)}, which is {state}: , and S go back along its way"

    def home(self) -> None:
        """To the beginning of the tape; as fast as possible there would be nothing to see of it."""
        if self._player.speed_ps is None:
            self._player.stop()
        self._desk.attempt(self._session.transport.home)
        self._desk.moved()

    def tape_end(self) -> None:
        """To the end of the tape."""
        self._desk.attempt(self._session.transport.end)
        self._desk.moved()

    def speed(self, rungs: int) -> None:
        """Up or down the ladder."""
        self._player.change_speed(rungs)
        self._desk.moved()

    # ---- markers ---------------------------------------------------------------------------

    def mark(self) -> None:
        """Set a marker here."""
        marker = self._session.transport.mark()
        self._desk.say(f"{marker.text} at {fmt.clock(marker.time_ps)}")

    def marker(self, by: int) -> None:
        """To the next or previous marker."""
        marker = self._desk.attempt(partial(self._session.transport.to_marker, by > 0))
        self._desk.moved()
        if marker is None:
            where = "further on, as far as the tape was seen" if by > 0 else "before this"
            self._desk.say(f"no marker {where}")
        else:
            self._desk.say(f"marker: {marker.text}")

    # ---- the traffic ------------------------------------------------------------------------

    def knob(self) -> None:
        """The next setting of the running traffic that can be changed."""
        self._knob += 1
        self._say_knob()

    def turn(self, rungs: int) -> None:
        """Turn the chosen knob."""
        knobs = self._player.source.knobs()
        if knobs:
            name = knobs[max(self._knob, 0) % len(knobs)].name
            try:
                self._player.source.turn(name, rungs)
                self._player.altered = True
            except SourceError as error:
                self._desk.say(str(error))
                return
        self._say_knob()

    def _say_knob(self) -> None:
        knobs = self._player.source.knobs()
        if not knobs:
            self._desk.say("this source's traffic cannot be changed while it runs")
            return
        knob = knobs[max(self._knob, 0) % len(knobs)]
        self._desk.say(f"{knob.name} {knob.value}: {knob.help}; up and down change it")

    # ---- where to --------------------------------------------------------------------------

    def go(self) -> None:
        """Ask for a time, a share of the tape or a packet."""
        self._desk.ask(
            Prompt("go to", EXAMPLES, "", self._session.theme, self._session.ascii), self.go_to
        )

    def go_to(self, text: str | None) -> None:
        """Go to a place in the viewer's words; nothing happens for empty words."""
        if not text:
            return
        destination = parse(text)
        if destination is None:
            self._desk.say(f"{text!r} is no place on the tape; examples: {EXAMPLES}")
            return
        found = self._desk.attempt(partial(self._session.transport.seek_to, destination))
        self._desk.moved()
        packet, arrived = destination.packet, self._player.state.packet
        self._session.chosen = NO_PACKET if packet is None else packet
        if found is False:
            self._desk.say(f"{text} is not told on this tape")
        elif packet is not None and self._player.until is None and arrived != packet:
            self._desk.say(
                f"{fmt.packet(packet)} did not arrive here; the next that did is {fmt.packet(arrived)}"
            )

    def until(self) -> None:
        """Ask for the moment to run to."""
        self._untils = {each.what: each for each in choices()}
        items = [Item(name) for name in (*self._untils, _ASKED)]
        box = Chooser("Run until", items, "", self._session.theme, self._session.ascii)
        self._desk.ask(box, self._run_until)

    def _run_until(self, what: str | None) -> None:
        if what == _ASKED:
            self.go()
        elif what is not None:
            self.run(self._untils[what])

    def run(self, until: Until) -> None:
        """Play until the condition holds."""
        self._session.transport.run_until(until)
        self._desk.moved()
