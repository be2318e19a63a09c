"""The speed: how much trace time passes in a second of the viewer's, and how much is told of it."""

from kbview.tape.detail import Detail

NS = 10**3
US = 10**6
MS = 10**9
S = 10**12
# Trace time that passes in a second of the viewer's; None is as fast as the machine can.
SPEEDS: tuple[int | None, ...] = (
    *(step * 10**power for power in range(12) for step in (1, 2, 5)),
    S,
    None,
)
DEFAULT_SPEED = SPEEDS.index(200 * US)
NEVER_PS = 1 << 62
STEPS_WITHIN_PS = 100 * US  # a frame that covers less than this can show single steps
MILESTONES_WITHIN_PS = MS
FASTEST_COLUMN_PS = MS
SLOW_PS = 50 * US  # of trace time a second: below it a screen follows single packets


class Speed:
    """A rung of the ladder of speeds. Time goes on in whole frames, so that a column is a frame.

    `frame_s` is the real time between two frames of the screen.
    """

    def __init__(self, speed: int = DEFAULT_SPEED, frame_s: float = 0.1) -> None:
        self._rung = speed
        self._frame_s = frame_s
        self._due_ps = 0.0  # where the viewer's clock is, exactly

    @property
    def speed_ps(self) -> int | None:
        """Trace time for a second of real time, picoseconds; None: as fast as possible."""
        return SPEEDS[self._rung]

    @property
    def rung(self) -> int:
        """The place on the ladder, from the slowest, 0."""
        return self._rung

    @property
    def column_ps(self) -> int:
        """Trace time of a frame: the width of a column of the histories."""
        speed_ps = self.speed_ps
        return FASTEST_COLUMN_PS if speed_ps is None else max(1, int(speed_ps * self._frame_s))

    @property
    def detail(self) -> Detail:
        """The finest that can be followed at this speed."""
        if self.speed_ps is None or self.column_ps > MILESTONES_WITHIN_PS:
            return Detail.METERS
        return Detail.STEPS if self.column_ps <= STEPS_WITHIN_PS else Detail.MILESTONES

    def change(self, rungs: int) -> None:
        """Go up or down the ladder of speeds."""
        self._rung = max(0, min(len(SPEEDS) - 1, self._rung + rungs))

    def advance(self, now_ps: int, elapsed_s: float) -> int:
        """Where trace time is to be when `elapsed_s` have passed since it was `now_ps`."""
        if self.speed_ps is None:
            return NEVER_PS
        column_ps = self.column_ps
        if abs(self._due_ps - now_ps) > column_ps:
            self._due_ps = now_ps  # it was moved by other means
        self._due_ps += self.speed_ps * elapsed_s
        return max(now_ps, round(self._due_ps / column_ps) * column_ps)
