"""The partner: a process on a core of its own that answers each byte of a pipe.

`python -m kbview.sources.calibration.partner CPU READ WRITE KIND [MEMORY]`, with descriptors:
`echo` sends the byte back; `stamp` sends back when it woke up (CLOCK_MONOTONIC, ns, eight bytes);
`touch` rewrites all of the shared memory first. It ends with the pipe.
"""

import contextlib
import mmap
import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator

STAMP = struct.Struct("=Q")
TOUCHED = 1 << 18  # bytes of the shared memory


def main(words: list[str]) -> None:
    """Answer until nobody asks any more."""
    cpu, read, write = (int(word) for word in words[:3])
    kind = words[3]
    os.sched_setaffinity(0, {cpu})
    memory = mmap.mmap(int(words[4]), TOUCHED) if kind == "touch" else None
    os.write(write, b"r")  # ready
    while asked := os.read(read, 1):
        now_ns = time.monotonic_ns()
        if memory is not None:
            memory[:] = memory[:]
        os.write(write, STAMP.pack(now_ns) if kind == "stamp" else asked)


@contextlib.contextmanager
def partner(cpu: int, kind: str, *shared: int) -> Iterator[tuple[int, int]]:
    """Start one: where to ask, and where the answer comes."""
    with pipe() as (asked, asking), pipe() as (answering, answer):
        words = [str(each) for each in (cpu, asked, answer, kind, *shared)]
        program = [sys.executable, "-m", "kbview.sources.calibration.partner", *words]
        passed = (asked, answer, *shared)
        with subprocess.Popen(program, pass_fds=passed, stdin=subprocess.DEVNULL) as process:  # noqa: S603
            try:
                os.read(answering, 1)
                yield asking, answering
            finally:
                process.terminate()


@contextlib.contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    """Its two ends, closed afterwards."""
    read, write = os.pipe()
    try:
        yield read, write
    finally:
        os.close(read)
        os.close(write)


if __name__ == "__main__":
    main(sys.argv[1:])
