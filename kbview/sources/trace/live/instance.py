"""A trace instance: buffers, switches and filters of our own, beside all others.

    instances/kbview-<pid>-<n>/   tracing_on, trace_clock, buffer_size_kb
        events/<system>/<name>/   filter, enable, format
        per_cpu/cpu<n>/           trace_pipe_raw, stats

Removing it takes its buffers and all that was switched on with it. The kernel refuses to remove one
that is open, so the next start removes no instance in use. Linux: Documentation/trace/ftrace.rst
"""

import contextlib
from itertools import count
from pathlib import Path

from kbview.sources.linux import stale
from kbview.sources.linux.tracefs import Mount, refusal


class Instance:
    """Made when constructed; `path` is its folder. SourceError where it cannot be made."""

    def __init__(self, buffer_kb: int) -> None:
        stale.sweep()
        self._mount = Mount()
        self._open = True
        try:
            self.path = self._create()
        except OSError as error:
            self._mount.close()
            raise refusal(error) from error
        try:
            self.write("trace_clock", "mono")  # CLOCK_MONOTONIC, as others' time stamps
            self.write("buffer_size_kb", str(buffer_kb))
        except OSError as error:
            self.close()
            raise refusal(error) from error

    def _create(self) -> Path:
        for number in count():
            path = self._mount.path / "instances" / stale.name(str(number))
            with contextlib.suppress(FileExistsError):
                path.mkdir()
                return path
        raise AssertionError

    @property
    def root(self) -> Path:
        """The folder of tracefs itself, with the files that all instances share."""
        return self._mount.path

    def recording(self) -> bool:
        """Whether it is still there, and still records."""
        with contextlib.suppress(OSError):
            return self.read("tracing_on").strip() == "1"
        return False

    def read(self, name: str) -> str:
        """A file's text."""
        return (self.path / name).read_text(encoding="utf-8", errors="replace")

    def write(self, name: str, text: str) -> None:
        """Set a file; OSError when the kernel refuses it."""
        (self.path / name).write_text(text, encoding="ascii")

    def close(self) -> None:
        """Switch it off and remove it; its readers must be closed already. A second call is free."""
        if not self._open:
            return  # the mount's descriptor is somebody else's number now
        self._open = False
        with contextlib.suppress(OSError):
            self.write("tracing_on", "0")
        with contextlib.suppress(OSError):
            self.path.rmdir()
        self._mount.close()
