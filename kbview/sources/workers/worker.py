"""A worker: the parent's side of one of the lab's processes."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from typing import Literal

import msgspec

from kbview.sources.linux import child_process
from kbview.sources.linux.namespace import Namespace
from kbview.sources.workers.child import WorkerSettings
from kbview.sources.workers.message import Command, Failed, Inbox, Outbox, Ready, Report, decode_report
from kbview.tape.source import SourceError

_GRACE_S = 4.0  # DPDK takes its time
_CHILD = "kbview.sources.workers.child"


class Worker:
    """Running from the moment it is made until `stop`."""

    def __init__(
        self, namespace: Namespace | None, role: Literal["send", "receive"], settings: WorkerSettings
    ) -> None:
        self.settings = settings
        self.ready = False
        words = [*child_process.PYTHON, _CHILD, role, msgspec.json.encode(settings).decode()]
        debug = None if os.environ.get("KBVIEW_DEBUG") else subprocess.DEVNULL
        self.process = child_process.start(
            namespace, words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=debug
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._inbox = Inbox(self.process.stdout.fileno())
        self._outbox = Outbox(self.process.stdin.fileno())

    def post(self, command: Command) -> None:
        """Tell it something; one that has ended is not told."""
        try:
            self._outbox.post(command)
        except BrokenPipeError:
            self._inbox.closed = True

    def reports(self, wait_s: float = 0.0) -> Iterator[Report]:
        """What it said since the last call. Errors: SourceError when it says that it cannot go on."""
        for body in self._inbox.bodies(wait_s):
            report = decode_report(body)
            if isinstance(report, Failed):
                raise SourceError(report.text, report.exit_code)
            self.ready |= isinstance(report, Ready)
            yield report

    @property
    def descriptor(self) -> int:
        """Readable when it has said something."""
        return self._inbox.descriptor

    @property
    def ended(self) -> str:
        """How it ended, "" while it runs and everything that it said has been read."""
        if not self._inbox.closed:
            return ""
        code = self.process.wait()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"

    def stop(self) -> None:
        """Close its input, which ends it; else by its pid. A second call is free."""
        self._inbox.closed = True
        if self.process.stdin is not None:
            self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE_S)
        with contextlib.suppress(PermissionError):  # we are nobody by now; it dies with us
            child_process.stop(self.process)
