"""The player: turns passing time into trace time, pumps the source and folds the tape up to there."""

from collections.abc import Iterator
from itertools import islice

from kbview.state.state import State
from kbview.tape.detail import Detail
from kbview.tape.events import Event
from kbview.tape.meter import Sample
from kbview.tape.source import Source
from kbview.tape.tape import Tape

US = 10**6
MS = 10**9
S = 10**12
# Trace time that passes in a second of the viewer's; None is as fast as the machine can.
SPEEDS: tuple[int | None, ...] = (
    *(step * unit for unit in (US, 10 * US, 100 * US, MS, 10 * MS, 100 * MS) for step in (1, 2, 5)),
    S,
    None,
)
DEFAULT_SPEED = SPEEDS.index(200 * US)
BUDGET_S = 0.05  # real time a frame may spend on producing what it shows
STEPS_WITHIN_PS = 100 * US  # a frame that covers less than this can show single steps
MILESTONES_WITHIN_PS = MS
NEVER_PS = 1 << 62


class Player:
    """Play, pause, step and speed, the same for every source."""

    def __init__(self, source: Source, speed: int = DEFAULT_SPEED) -> None:
        self.source = source
        self.tape = Tape() if source.tape is None else source.tape
        self.state = State()
        self.playing = True
        self._speed = speed
        self._position = 0
        self._detail = Detail.STEPS
        source.set_detail(self._detail)
        source.pump(self.tape, 0)
        self._show(0)

    @property
    def speed_ps(self) -> int | None:
        """Trace time for a second of real time, picoseconds; None: as fast as possible."""
        return SPEEDS[self._speed]

    @property
    def ended(self) -> bool:
        """Whether the last record has been shown."""
        return self.source.ended and self._position >= self.tape.length

    def change_speed(self, steps: int) -> None:
        """Go up or down the ladder of speeds."""
        self._speed = max(0, min(len(SPEEDS) - 1, self._speed + steps))

    def tick(self, elapsed_s: float) -> None:
        """Advance by `elapsed_s` of real time, if playing, and leave the state ready to draw."""
        if not self.playing or self.ended:
            return
        now_ps = self.state.now_ps
        speed_ps = self.speed_ps
        span_ps = NEVER_PS if speed_ps is None else int(speed_ps * elapsed_s)
        self._set_detail(span_ps)
        until_ps = now_ps + span_ps
        if self.tape.end_ps < until_ps and not self.source.ended:
            reached_ps = self.source.pump(self.tape, until_ps, budget_s=BUDGET_S)
            until_ps = min(until_ps, max(now_ps, reached_ps))
        self._show(min(until_ps, self.tape.end_ps) if self.source.ended else until_ps)

    def step(self) -> None:
        """Stop, and go on by one event."""
        self.playing = False
        self._set_detail(0)
        span_ps = US
        while (event := self._next_event()) is None and not self.source.ended:
            self.source.pump(self.tape, self.tape.end_ps + span_ps)
            span_ps *= 2
        if event is not None:
            self._fold(islice(self.tape.read(self._position), event - self._position + 1))
        self.state.close_step()

    def switch(self, datapath: str) -> None:
        """Send the running traffic another way; the picture changes at once, paused or not."""
        self.source.switch(datapath)
        self._show(self.source.pump(self.tape, self.state.now_ps))

    def _set_detail(self, span_ps: int) -> None:
        if span_ps <= STEPS_WITHIN_PS:
            detail = Detail.STEPS
        elif span_ps <= MILESTONES_WITHIN_PS:
            detail = Detail.MILESTONES
        else:
            detail = Detail.METERS
        if detail is not self._detail:
            self._detail = detail
            self.source.set_detail(detail)

    def _next_event(self) -> int | None:
        """The position of the next record that is not a sample."""
        for offset, record in enumerate(self.tape.read(self._position)):
            if not isinstance(record, Sample):
                return max(self._position, self.tape.start) + offset
        return None

    def _show(self, until_ps: int) -> None:
        due: list[Event] = []
        for record in self.tape.read(self._position):
            if record.time_ps > until_ps:
                break
            due.append(record)
        self._fold(iter(due))
        self.state.close_frame(until_ps)

    def _fold(self, records: Iterator[Event]) -> None:
        position = max(self._position, self.tape.start)
        for record in records:
            self.state.apply(record)
            position += 1
        self._position = position
