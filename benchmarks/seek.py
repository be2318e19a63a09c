"""Any leap on tapes in files: a million frames at milestones, switched datapaths, steps, and meters.

Milliseconds of CPU time, which others on the machine do not lengthen, and beside them of the clock. The
aim is held against CPU time.

python -m benchmarks.seek [FRAMES]
"""

import gc
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.rebuild import rebuild
from kbview.state.speed import DEFAULT_SPEED, US, Speed
from kbview.state.step_kinds import STEP_KINDS, StepKind
from kbview.tape.detail import Detail
from kbview.tape.event_batch import EventBatch
from kbview.tape.events import Event
from kbview.tape.kbt.header import Header
from kbview.tape.kbt.recording import Recording
from kbview.tape.kbt.writer import TapeWriter
from kbview.tape.tape import Tape

FRAMES = 1_000_000
LEAPS = 40
WANTED_MS = 150.0
COLUMNS_PS = [Speed(DEFAULT_SPEED + rungs).column_ps for rungs in (-6, 0, 6)]
EVERY_PS = 1000 * US  # between samples
SWITCHES = ("kernel", "dpdk", "netmap", "af_xdp")
SWITCH_EVERY = 40  # samples


class TapeKind(NamedTuple):
    """A tape to leap on: its frames as a share of all, its detail, and whether datapaths alternate."""

    name: str
    share: float
    detail: Detail
    switched: bool = False


KINDS = (
    TapeKind("milestones", 1.0, Detail.MILESTONES),
    TapeKind("switched datapaths", 0.15, Detail.MILESTONES, switched=True),
    TapeKind("steps", 0.02, Detail.STEPS),
    TapeKind("meters", 0.5, Detail.METERS),
)


class _Copying(Tape):
    """Passes records on to a file and forgets them."""

    def __init__(self, writer: TapeWriter) -> None:
        super().__init__(capacity=1)
        self._writer = writer

    def extend(self, records: list[Event]) -> None:  # type: ignore[override]
        super().extend(records)
        self._writer.extend(records)

    def extend_batch(self, batch: EventBatch) -> None:
        super().extend_batch(batch)
        self._writer.extend_batch(batch)


def write(path: Path, frames: int, kind: TapeKind) -> None:
    """The bundled HTTP capture, over and over, with a sample each millisecond."""
    word = recording("http.pcap")
    if word is None:
        raise SystemExit("recordings/http.pcap is missing")
    source = resolve(word, Choice(loop=True, frames=frames, longest_gap_ps=30 * US))
    source.set_detail(kind.detail)
    with path.open("wb") as file:
        writer = TapeWriter(
            file.write, Header(heading=source.heading, capabilities=source.capabilities)
        )
        tape, now_ps, samples = _Copying(writer), 0, 0
        while not source.ended:
            now_ps = source.pump(tape, now_ps + EVERY_PS)
            samples += 1
            if kind.switched and not samples % SWITCH_EVERY and not source.ended:
                source.switch(SWITCHES[samples // SWITCH_EVERY % len(SWITCHES)])
        writer.close()
    source.close()


def main(frames: int = FRAMES) -> int:
    """Print the cost of a leap; 1 if a leap takes longer than promised."""
    print(
        f"leaps: least, median and greatest ms of CPU time (wanted: {WANTED_MS:.0f}); and of the clock"
    )
    longest = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            path = Path(folder) / "tape.kbt"
            write(path, int(frames * kind.share), kind)
            gc.collect()  # the writer's objects; else a leap pays for them
            with path.open("rb") as file:
                longest.append(_on(file.fileno(), path.stat().st_size, kind.name))
    return int(max(longest) > WANTED_MS)


def _on(descriptor: int, size: int, name: str) -> float:
    """Print the rows of a tape; its longest leap in ms."""
    tape = Recording(lambda offset, length: os.pread(descriptor, length, offset), size)
    print(f"{name}: {tape.length:,} records, {size:,} bytes")
    leaps = [each for column_ps in COLUMNS_PS for each in _leaps(tape, column_ps)]
    _row("a leap", leaps)
    for kind in STEP_KINDS:
        _row(f"a step back by {kind}", _steps(tape, kind))
    return max(cpu_ms for cpu_ms, _ in leaps)


def _row(name: str, times: Sequence[tuple[float, float]]) -> None:
    cpu, clock = zip(*times, strict=True)
    print(
        f"  {name:<22} {min(cpu):5.0f} {median(cpu):5.0f} {max(cpu):5.0f}"
        f"    {min(clock):5.0f} {median(clock):5.0f} {max(clock):5.0f}"
    )


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of CPU and of the clock."""
    cpu_s, clock_s = time.process_time(), time.perf_counter()
    work()
    return 1000 * (time.process_time() - cpu_s), 1000 * (time.perf_counter() - clock_s)


def _leaps(tape: Tape, column_ps: int) -> list[tuple[float, float]]:
    chance = random.Random(1)
    positions = [chance.randrange(tape.length) for _ in range(LEAPS)]
    return [_timed(partial(rebuild, tape, at, column_ps)) for at in positions]


def _steps(tape: Tape, kind: str) -> list[tuple[float, float]]:
    reached = [tape.length // 2]

    def step() -> None:
        reached.append(StepKind(kind).before(tape, reached[-1]) or reached[-1])
        rebuild(tape, reached[-1], COLUMNS_PS[1])

    return [_timed(step) for _ in range(LEAPS)]


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
