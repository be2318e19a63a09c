"""The player: turns passing time into trace time, pumps the source and folds the tape up to there.

The tape grows at its end, where the source writes; the view is anywhere on it. However the view came to
a position of the tape, the state there is the same (see `rebuild`).
"""

from collections.abc import Sequence

from kbview.state.marker import Markers
from kbview.state.pieces import pieces
from kbview.state.rebuild import rebuild
from kbview.state.speed import DEFAULT_SPEED, NEVER_PS, SLOW_PS, SPEEDS, S, Speed
from kbview.state.state import State
from kbview.state.until import Until
from kbview.tape.detail import Detail
from kbview.tape.event import Event
from kbview.tape.source import Capabilities, Origin, Source, SourceError
from kbview.tape.tape import Tape

BUDGET_S = 0.05  # real time a frame may spend on producing what it shows
SLICES = 64  # a run asks for the tape in so many pieces, to have samples to stop at
QUIET_FPS = 1_000  # frames a second, some twenty records each, that a frame of the screen can fold
MOST = 20_000  # records that one frame folds; a run through more of them takes more frames


class Player:
    """Play, pause, speed and the view's place on the tape, the same for every source.

    `until` is the condition at which a run stops; `said` is the sentence about how the last run ended.
    `following` says that the view is kept at the end of a live tape. `altered`: the viewer has changed
    the datapath or the load of the run.
    """

    def __init__(self, source: Source, speed: int | None = None, frame_s: float = 0.1) -> None:
        self.source = source
        self.tape = Tape() if source.tape is None else source.tape
        self.following = source.capabilities.live
        self.playing = True
        self.altered = False
        self.until: Until | None = None
        self.said = ""
        self.markers = Markers()
        real = self.following or source.heading.original is Origin.LIVE  # at the speed it had
        usual = SPEEDS.index(S) if real else DEFAULT_SPEED
        self.speed = Speed(usual if speed is None else speed, frame_s)
        self._detail = Detail.STEPS
        self.state = State(self.speed.column_ps)
        source.set_detail(self._detail)
        source.pump(self.tape, 0)
        self.show(0)

    @property
    def speed_ps(self) -> int | None:
        """Trace time for a second of real time, picoseconds; None: as fast as possible."""
        return self.speed.speed_ps

    @property
    def capabilities(self) -> Capabilities:
        """The source's at the moment that is shown."""
        return self.source.capabilities.now(self.state.meters)

    @property
    def slow(self) -> bool:
        """Whether the speed is slow enough to follow single packets."""
        return self.speed_ps is not None and self.speed_ps <= SLOW_PS

    @property
    def ended(self) -> bool:
        """Whether the last record has been shown."""
        return self.source.ended and self.state.position >= self.tape.length

    @property
    def behind_ps(self) -> int:
        """How far the view is behind the end of the tape."""
        return max(0, self.tape.end_ps - self.state.now_ps)

    def change_speed(self, rungs: int) -> None:
        """Go up or down the ladder of speeds; the histories follow with their columns."""
        self.speed.change(rungs)
        if self.state.histories.column_ps != self.speed.column_ps:
            self.go(self.state.position, self.state.now_ps)

    # ---- as time passes ------------------------------------------------------------------------

    def tick(self, elapsed_s: float) -> None:
        """Advance by `elapsed_s` of real time, if playing, and leave the state ready to draw.

        A live source is drawn from even in a pause: its tape goes on growing, the view does not.
        """
        live = self.source.capabilities.live
        if live and not self.source.ended:
            self.source.pump(self.tape, NEVER_PS, budget_s=BUDGET_S)
        if not self.playing or self.ended:
            return
        self.set_detail(self._affordable())
        if self.until is not None:
            self._run(self.until)
        elif self.following:
            self.show(self.tape.end_ps)
        else:
            until_ps = self.speed.advance(self.state.now_ps, elapsed_s)
            self.show(min(until_ps, self.tape.end_ps) if live else self.produce(until_ps))

    def _affordable(self) -> Detail:
        """The detail that the speed can show; a quiet live tape, never run again, gets all."""
        live = self.source.capabilities.live
        if live and (self.state.histories.rate("arrived") or 0) <= QUIET_FPS:
            return Detail.STEPS
        return self.speed.detail

    def produce(self, until_ps: int, budget_s: float = BUDGET_S) -> int:
        """Have the tape written up to a time, if the source can. The time up to which it is written."""
        if self.tape.end_ps < until_ps and not self.source.ended:
            reached_ps = self.source.pump(self.tape, until_ps, budget_s=budget_s)
            until_ps = min(until_ps, max(self.state.now_ps, reached_ps))
        return min(until_ps, self.tape.end_ps) if self.source.ended else until_ps

    def _run(self, until: Until) -> None:
        """As far towards a condition as one frame gets."""
        for _ in range(SLICES):
            if self.state.position < self.tape.length or self.source.ended:
                break
            self.produce(self.tape.end_ps + self.speed.column_ps, BUDGET_S / SLICES)
            self.fold(self.tape.length, until)
            if self.until is None:
                return
        self.fold(self.tape.length, until)
        if self.until is not None and self.ended:
            self.stop(f"not reached: {until.what}; this is the end")

    # ---- the view's place ------------------------------------------------------------------

    def show(self, until_ps: int) -> None:
        """Fold the records up to a time, and pass the time that is left."""
        if self.fold(self.tape.position_at(until_ps)):
            self.state.pass_time(until_ps)

    def fold(self, position: int, until: Until | None = None) -> bool:
        """Go forward to a position, or to where `until` is reached; False if it is too far for once."""
        state, tape = self.state, self.tape
        if state.position < tape.start:  # the tape no longer holds the next record
            self.go(tape.start)
            state = self.state
        self.markers.resume(state.position)
        for records in tape.slices(state.position, min(position, state.position + MOST)):
            if until is None:
                self._fold_all(records)
            elif self._fold_until(records, until):
                self.stop(f"reached: {until.what}")
                break
        self.markers.pause(state.position)
        return state.position >= position

    def _fold_all(self, records: Sequence[Event]) -> None:
        """Fold the next records."""
        state = self.state
        for piece in pieces(records, state.position, self.tape.latest):
            state.apply_piece(piece)
            self.markers.watch_piece(piece, state.position, state.since_ps)

    def _fold_until(self, records: Sequence[Event], until: Until) -> bool:
        """Fold the next records up to where `until` is reached; whether it is."""
        state, watch = self.state, self.markers.watch
        for record in records:
            state.apply(record)
            watch(record, state.position, state.since_ps)
            if until.reached(state):
                return True
        return False

    def go(self, position: int, now_ps: int | None = None) -> None:
        """Put the view anywhere on the tape; by itself the time is that of the last record."""
        position = max(self.tape.start, min(position, self.tape.length))
        self.state = rebuild(self.tape, position, self.speed.column_ps)
        if now_ps is not None:
            self.state.pass_time(now_ps)

    def stop(self, said: str = "") -> None:
        """End a run, or the play."""
        self.playing, self.following, self.until, self.said = False, False, None, said

    def set_detail(self, detail: Detail) -> None:
        """Have the tape written in this detail from now on."""
        if detail is not self._detail:
            self._detail = detail
            self.source.set_detail(detail)

    def switch(self, datapath: str) -> str:
        """Send the running traffic another way; the reason if the source refuses, "" otherwise.

        The picture changes at once, paused or not. The datapath changes at the end of the tape, so the
        view goes there. A refusal changes nothing.
        """
        try:
            self.source.switch(datapath)
        except SourceError as error:
            return str(error)
        self.altered = True
        if self.state.position < self.tape.length:
            self.go(self.tape.length, self.tape.end_ps)
        self.show(self.source.pump(self.tape, self.state.now_ps))
        return ""
