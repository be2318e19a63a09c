"""Where tracefs is: mounted already, or attached to a descriptor of ours, which nobody else sees.

A mount made with fsopen(2) and fsmount(2) that is never given a place ends with the descriptor, so
even a SIGKILL leaves nothing mounted.
"""

import ctypes
import errno
import os
from pathlib import Path

from kbview.tape.source import SourceError

PERMISSION = 4
UNSUPPORTED = 5
_PLACES = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
# System call numbers, the same on every architecture since Linux 5.2.
_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432
_CLOEXEC = 1
_CMD_CREATE = 6
_libc = ctypes.CDLL(None, use_errno=True)


class Mount:
    """`path` leads to tracefs's root as long as this is open."""

    def __init__(self) -> None:
        self._descriptor = -1
        self.path = next(filter(_usable, _PLACES), None) or self._attach()

    def _attach(self) -> Path:
        try:
            self._descriptor = _mounted()
        except OSError as error:
            raise refusal(error) from error
        return Path(f"/proc/self/fd/{self._descriptor}")

    def close(self) -> None:
        """Let go of the mount, if it is ours alone."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def refusal(error: OSError) -> SourceError:
    """Why the kernel's tracing cannot be had, and what would help."""
    if error.errno in (errno.EPERM, errno.EACCES):
        return SourceError(
            "reading the kernel's tracepoints takes root (CAP_SYS_ADMIN); run it with sudo", PERMISSION
        )
    if error.errno in (errno.ENODEV, errno.ENOSYS):
        return SourceError("this kernel has no tracefs (CONFIG_TRACING)", UNSUPPORTED)
    return SourceError(f"tracefs cannot be used: {error.strerror}", 1)


def _usable(place: Path) -> bool:
    return os.access(place / "instances", os.W_OK)


def _mounted() -> int:
    """A descriptor of a new mount of tracefs that has no place in the tree."""
    context = _call(_FSOPEN, b"tracefs", _CLOEXEC)
    try:
        _call(_FSCONFIG, context, _CMD_CREATE, None, None, 0)
        return _call(_FSMOUNT, context, _CLOEXEC, 0)
    finally:
        os.close(context)


def _call(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
