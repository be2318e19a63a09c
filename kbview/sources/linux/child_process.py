"""A tethered process: inside a namespace, and killed by the kernel when its parent dies.

`python -m kbview.sources.linux.child_process PARENT PROGRAM [ARGUMENT...]` ties itself to its parent,
then becomes PROGRAM; the tie outlives exec (PR_SET_PDEATHSIG in prctl(2)). The tie is to the parent's
thread: start such a process from a thread that lives as long as the process should.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from kbview.sources.linux.libc import die_with_parent
from kbview.sources.linux.namespace import Namespace
from kbview.sources.linux.undo import HELD

PYTHON = (sys.executable, "-m")
_GRACE_S = 1.0


def start(
    namespace: Namespace | None, program: Sequence[str], **options: Any
) -> "subprocess.Popen[bytes]":
    """Start a program in the namespace (None: in ours), with Popen's options; end it with `stop`."""
    words = [*tied(os.getpid()), *program]
    entered = namespace.entered() if namespace else contextlib.nullcontext()
    with entered:  # the child inherits this thread's namespace
        return subprocess.Popen(words, start_new_session=True, **options)  # noqa: S603


def tied(parent: int) -> list[str]:
    """What to put before a program's words, so that it dies with `parent`, who must start it."""
    return [*PYTHON, "kbview.sources.linux.child_process", str(parent)]


def stop(process: "subprocess.Popen[bytes]", grace_s: float = _GRACE_S) -> int:
    """End it by its pid, politely first; its exit code. A second call is free."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            process.kill()
    code = process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    return code


def main(words: Sequence[str]) -> None:
    """Tie, let signals through again, become the program."""
    die_with_parent(int(words[0]))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
    os.execvp(words[1], list(words[1:]))  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
