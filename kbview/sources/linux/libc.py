"""The system calls that Python 3.11 has no name for, as functions that raise OSError.

unshare(2), setns(2), mount(2), umount2(2), prctl(2). Only the calling thread changes its namespace.
"""

import ctypes
import os
import signal

CLONE_NEWNET = 0x40000000
MS_BIND, MS_REC, MS_SHARED = 0x1000, 0x4000, 1 << 20
_MNT_DETACH = 2
_PR_SET_PDEATHSIG, _PR_SET_TIMERSLACK = 1, 29

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    """Call by name; the errno becomes an OSError."""
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def unshare_network() -> None:
    """Put this thread into a new network namespace; the process's other threads stay."""
    _call("unshare", CLONE_NEWNET)


def set_network(descriptor: int) -> None:
    """Put this thread into the network namespace that `descriptor` is open on."""
    _call("setns", descriptor, CLONE_NEWNET)


def mount(source: str, target: str, flags: int) -> None:
    """Mount without a type and without data: for binds and for propagation."""
    _call("mount", source.encode(), target.encode(), b"none", ctypes.c_ulong(flags), None)


def unmount(target: str) -> None:
    """Detach the topmost mount at a path, busy or not."""
    _call("umount2", target.encode(), _MNT_DETACH)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends; exec does not undo it.

    `parent` is the pid that our parent should have: it may have died before the call.
    """
    _call("prctl", _PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def set_timer_slack(duration_ns: int) -> None:
    """How late this thread's sleeps may end; 50 us unless said otherwise."""
    _call("prctl", _PR_SET_TIMERSLACK, ctypes.c_ulong(duration_ns), 0, 0, 0)
