"""Any leap on a tape of a million frames at meters and milestones, its file read from disk.

python -m benchmarks.seek [FRAMES]
"""

import os
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.rebuild import rebuild
from kbview.state.speed import DEFAULT_SPEED, US, Speed
from kbview.state.step_kinds import STEP_KINDS, StepKind
from kbview.tape.detail import Detail
from kbview.tape.events import Event
from kbview.tape.kbt.header import Header
from kbview.tape.kbt.recording import Recording
from kbview.tape.kbt.writer import TapeWriter
from kbview.tape.tape import Tape

FRAMES = 1_000_000
LEAPS = 40
WANTED_MS = 150.0
COLUMNS_PS = [Speed(DEFAULT_SPEED + rungs).column_ps for rungs in (-6, 0, 6)]


class _Copying(Tape):
    """Passes records on to a file and forgets them."""

    def __init__(self, writer: TapeWriter) -> None:
        super().__init__(capacity=1)
        self._writer = writer

    def extend(self, records: list[Event]) -> None:  # type: ignore[override]
        super().extend(records)
        self._writer.extend(records)


def write(path: Path, frames: int) -> None:
    """The bundled HTTP capture, over and over, with a sample each millisecond."""
    word = recording("http.pcap")
    if word is None:
        raise SystemExit("recordings/http.pcap is missing")
    source = resolve(word, Choice(loop=True, frames=frames, longest_gap_ps=30 * US))
    source.set_detail(Detail.MILESTONES)
    with path.open("wb") as file:
        writer = TapeWriter(
            file.write, Header(heading=source.heading, capabilities=source.capabilities)
        )
        tape, now_ps = _Copying(writer), 0
        while not source.ended:
            now_ps = source.pump(tape, now_ps + 1000 * US)
        writer.close()
    source.close()


def main(frames: int = FRAMES) -> int:
    """Print what a leap costs, and where it stands against what was promised."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.kbt"
        write(path, frames)
        with path.open("rb") as file:
            descriptor = file.fileno()
            tape = Recording(
                lambda offset, size: os.pread(descriptor, size, offset), path.stat().st_size
            )
            print(f"{frames} frames, {tape.length} records, {path.stat().st_size} bytes")
            leaps = [ms for column_ps in COLUMNS_PS for ms in _leaps(tape, column_ps)]
            steps = {kind: _steps(tape, kind) for kind in STEP_KINDS}
    print(f"leap: median {median(leaps):.0f} ms, longest {max(leaps):.0f} ms (wanted: {WANTED_MS:.0f})")
    for kind, ms in steps.items():
        print(f"step back by {kind}: median {median(ms):.0f} ms")
    return int(max(leaps) > WANTED_MS)


def _leaps(tape: Tape, column_ps: int) -> list[float]:
    chance, took = random.Random(1), []
    for _ in range(LEAPS):
        position = chance.randrange(tape.length)
        begin = time.perf_counter()
        rebuild(tape, position, column_ps)
        took.append(1000 * (time.perf_counter() - begin))
    return took


def _steps(tape: Tape, kind: str) -> list[float]:
    position, took = tape.length // 2, []
    for _ in range(LEAPS):
        begin = time.perf_counter()
        position = StepKind(kind).before(tape, position) or position
        rebuild(tape, position, COLUMNS_PS[1])
        took.append(1000 * (time.perf_counter() - begin))
    return took


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
