"""Folding a tape into a state, beside reading it alone: CPU ns a record at milestones and at steps.

python -m benchmarks.fold
"""

import sys
import time
from collections.abc import Callable
from itertools import islice
from statistics import median

from benchmarks.tape import traffic
from kbview.state.pieces import pieces
from kbview.state.state import State
from kbview.tape.detail import Detail
from kbview.tape.tape import Tape

RECORDS = 50_000
ROUNDS = 5
EVERY_PS = 10**9


def tape_of(detail: Detail) -> Tape:
    """RECORDS records at least, of the bundled HTTP capture over and over."""
    source = traffic(RECORDS)
    source.set_detail(detail)
    tape, reached_ps = Tape(capacity=4 * RECORDS), 0
    while tape.length < RECORDS and not source.ended:
        reached_ps = source.pump(tape, reached_ps + EVERY_PS)
    source.close()
    return tape


def read(tape: Tape) -> None:
    """Read the records and do nothing with them."""
    for _ in islice(tape.read(tape.start), RECORDS):
        pass


def fold(tape: Tape) -> None:
    """Fold the records into a new state, as play and a leap do."""
    state = State(position=tape.start)
    for records in tape.slices(tape.start, tape.start + RECORDS):
        for piece in pieces(records, state.position):
            state.apply_piece(piece)


def fold_singly(tape: Tape) -> None:
    """Fold the records one after another, as a run does that stops at a condition."""
    state = State(position=tape.start)
    for record in islice(tape.read(tape.start), RECORDS):
        state.apply(record)


WORK = {"read": read, "read and folded": fold, "folded singly": fold_singly}


def nanoseconds(work: Callable[[Tape], None], tape: Tape) -> float:
    """CPU ns a record."""
    began = time.process_time()
    work(tape)
    return (time.process_time() - began) * 1e9 / RECORDS


def main() -> int:
    """Print least, median and greatest of the rounds; 0."""
    print(f"fold: CPU ns a record, {ROUNDS} rounds in turn: least, median, greatest")
    for detail in (Detail.MILESTONES, Detail.STEPS):
        tape = tape_of(detail)
        spent: dict[str, list[float]] = {name: [] for name in WORK}
        for _ in range(ROUNDS):
            for name, work in WORK.items():
                spent[name].append(nanoseconds(work, tape))
        for name, times in spent.items():
            print(
                f"  {detail.name.lower():<11} {name:<16} {min(times):6.0f} {median(times):6.0f} "
                f"{max(times):6.0f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
