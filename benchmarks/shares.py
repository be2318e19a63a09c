"""kbview with its CPU time taken apart: `python -m benchmarks.shares FILE WORD...`.

    source   the source's pump: the emulated machine, and its records on the tape
    fold     the rest of the player's tick: the tape's records into the state
    screen   all other CPU time of the process: panels, Textual, and the threads of the terminal

FILE gets the parts as shares of a core, in JSON, when the program ends. The first frames are left out,
because they contain the start.
"""

import atexit
import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, process_time, thread_time
from typing import Any, NamedTuple

from kbview.cli.main import main
from kbview.sources.emulated.source import EmulatorSource
from kbview.state.player import Player
from kbview.tape.tape import Tape

SETTLED = 30  # frames of the start


class Spent(NamedTuple):
    """Seconds since the start: of the clock, of CPU, and of CPU in the tick and in the pump."""

    clock_s: float
    whole_s: float
    tick_s: float
    pump_s: float


class Shares:
    """The CPU seconds of the parts, summed up over the frames after the start."""

    def __init__(self) -> None:
        self._frames = 0
        self._tick_s = self._pump_s = 0.0
        self._began = self._ended = Spent(0.0, 0.0, 0.0, 0.0)

    def time_tick(self, tick: Callable[[Player, float], None]) -> Callable[[Player, float], None]:
        """The player's tick, which begins a frame, with its time taken."""

        def timed(player: Player, elapsed_s: float) -> None:
            self._ended = Spent(monotonic(), process_time(), self._tick_s, self._pump_s)
            if self._frames == SETTLED:
                self._began = self._ended
            self._frames += 1
            began_s = thread_time()
            tick(player, elapsed_s)
            self._tick_s += thread_time() - began_s

        return timed

    def time_pump(self, pump: Callable[..., int]) -> Callable[..., int]:
        """A source's pump with its time taken."""

        def timed(source: Any, tape: Tape, until_ps: int, *, budget_s: float = float("inf")) -> int:
            began_s = thread_time()
            try:
                return pump(source, tape, until_ps, budget_s=budget_s)
            finally:
                self._pump_s += thread_time() - began_s

        return timed

    def parts(self) -> dict[str, float]:
        """The share of a core by part; empty where the program ended before its start was over."""
        if self._frames <= SETTLED + 1:
            return {}
        clock_s, whole_s, tick_s, pump_s = (
            b - a for a, b in zip(self._began, self._ended, strict=True)
        )
        spent_s = {"screen": whole_s - tick_s, "fold": tick_s - pump_s, "source": pump_s}
        return {name: part_s / clock_s for name, part_s in spent_s.items()}


def run(file: Path, words: list[str]) -> int:
    """Run the program; its exit code."""
    shares = Shares()
    tick, pump = shares.time_tick(Player.tick), shares.time_pump(EmulatorSource.pump)
    setattr(Player, "tick", tick)  # noqa: B010 - the program does not know that it is timed
    setattr(EmulatorSource, "pump", pump)  # noqa: B010 - the same
    atexit.register(lambda: file.write_text(json.dumps(shares.parts()), "utf-8"))
    return main(words)


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2:]))
