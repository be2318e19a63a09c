"""The stage: the running model of a lesson, without a screen. The checker and the grader use it."""

from kbview.lesson.approach import Approach
from kbview.lesson.lesson import Setup
from kbview.lesson.locate import located
from kbview.lesson.readings import Readings
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.player import Player
from kbview.tape.event import NO_PACKET
from kbview.tape.source import Source

GAP_PS = 30_000_000  # longer silences of a capture are cut to this, as on the screen


def opened(setup: Setup, folder: str, seed: int | None = None) -> Source:
    """The source of a run; `seed` replaces that of its scenario. Errors: SourceError, LessonError."""
    choice = Choice(setup.datapath, seed=seed, longest_gap_ps=GAP_PS, overrides=setup.settings)
    return resolve(located(setup.source, folder), choice)


class Stage:
    """A player of the run that a setup describes. Errors: SourceError, LessonError."""

    def __init__(self, setup: Setup, folder: str, seed: int | None = None) -> None:
        self.setup = setup
        self.player = Player(opened(setup, folder, seed))

    def advance(self, targets: list[str]) -> str:
        """Run to all targets; the sentence about a target that is not reached, "" otherwise."""
        approach = Approach(self.player, targets)
        approach.advance()
        return approach.fault

    def readings(self) -> Readings:
        """The readings of the present moment."""
        return moment(self.player)

    def close(self) -> None:
        """Let go of the source."""
        self.player.source.close()


def moment(player: Player) -> Readings:
    """The readings of a player's moment, since its run began."""
    state, source = player.state, player.source
    event = state.last_event
    texts = {
        "datapath": state.datapath,
        "profile": source.heading.profile,
        "station": state.positions.station_of(event) if event is not None else "",
        "event": type(event).__name__ if event is not None else "",
        "task": state.meters.cores[0].task if state.meters.cores else "",
    }
    packet = None if state.packet == NO_PACKET else state.packet
    return Readings(state.meters, state.now_ps, texts, packet, source.capabilities.meters)
