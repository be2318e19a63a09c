"""The lab's processes: `python -m kbview.sources.workers.child send|receive SETTINGS`.

Commands come on standard input, reports go to standard output. A child says that it is ready before
it opens anything, gives up its privileges once its descriptors are open, and ends with its parent:
by the tie (tether), by the closed pipe, or because it is told to.
"""

import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

import msgspec

from kbview.sources.linux.libc import die_with_parent, set_timer_slack
from kbview.sources.linux.veth import Address
from kbview.sources.workers.load import Load
from kbview.sources.workers.message import (
    Begin,
    Command,
    Failed,
    Inbox,
    Outbox,
    Ready,
    Stop,
    Tell,
    decode_command,
)
from kbview.sources.workers.receiver import Ingress, ReceiverWorker
from kbview.sources.workers.reporter import Due, Reporter
from kbview.sources.workers.sender import SenderWorker

_SLICE_NS = 5_000_000  # between two looks at what is asked of us
_DRAIN_NS = 20_000_000  # what is on its way when a receiver is told to stop
_WAIT_S = 0.2
_TIMER_SLACK_NS = 1000
_NOBODY = 65534
_PIPE = 1 << 20  # bytes: many readings that are full of events


class WorkerSettings(msgspec.Struct, frozen=True):
    """What a child is told when it is started. `cpu` -1: wherever the scheduler likes."""

    parent: int
    cpu: int
    place: Ingress
    kind: str = ""
    sender: Address | None = None
    receiver: Address | None = None
    load: Load = Load()


def main(words: list[str]) -> None:
    """Be the sender or a receiver."""
    settings = msgspec.json.decode(words[1], type=WorkerSettings)
    with contextlib.suppress(OSError):  # beyond fs.pipe-max-size: a smaller one does as well
        fcntl.fcntl(sys.stdout.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
    box = Outbox(sys.stdout.fileno())
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's is for the parent
    try:
        if settings.cpu >= 0:
            os.sched_setaffinity(0, {settings.cpu})
        set_timer_slack(_TIMER_SLACK_NS)
        {"send": _send, "receive": _receive}[words[0]](settings, Inbox(sys.stdin.fileno()), box)
    except OSError as error:
        _fail(box, _sentence(settings, error), 4 if isinstance(error, PermissionError) else 1)
    except Exception as error:
        if os.environ.get("KBVIEW_DEBUG"):
            raise
        _fail(box, f"a mistake in kbview's own {words[0]}er: {type(error).__name__}: {error}", 1)


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _fail(box: Outbox, text: str, exit_code: int) -> None:
    if box.flush(_WAIT_S):
        box.post(Failed(text, exit_code))
        box.flush(_WAIT_S)


def _sentence(settings: WorkerSettings, error: OSError) -> str:
    told = f"{settings.kind or 'the sender'} on {settings.place.link}: {error.strerror or error}"
    if settings.kind == "af_xdp" and isinstance(error, PermissionError):
        rights = "CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF"
        return f"{told}; it takes {rights}; run: sudo kbview xdp:{settings.place.link}"
    return told


def _await_begin(inbox: Inbox, box: Outbox, on: Callable[[Command], object]) -> bool:
    """Say that imports are done, then wait for the word; False if the parent has gone."""
    box.post(Ready())
    while not inbox.closed:
        for body in inbox.bodies(_WAIT_S):
            command = decode_command(body)
            if isinstance(command, Begin):
                return True
            on(command)
    return False


def give_up_privileges(parent: int) -> None:
    """Become who called sudo, or nobody; a change of user unties, so tie again."""
    if os.geteuid() != 0:
        return
    group, user = (int(os.environ.get(name, _NOBODY)) for name in ("SUDO_GID", "SUDO_UID"))
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
    die_with_parent(parent)


def _send(settings: WorkerSettings, inbox: Inbox, box: Outbox) -> None:
    assert settings.sender is not None
    assert settings.receiver is not None
    with contextlib.closing(SenderWorker(settings.sender, settings.receiver, settings.load)) as sender:
        give_up_privileges(settings.parent)
        if not _await_begin(inbox, box, lambda _: None):
            return
        due = Due()
        while not inbox.closed:
            asked = False
            for body in inbox.bodies():
                command = decode_command(body)
                if isinstance(command, Load):
                    sender.set(command)
                    asked = True
            if due() or asked:
                box.post(sender.report())
            sender.run(time.monotonic_ns() + _SLICE_NS)


def _receive(settings: WorkerSettings, inbox: Inbox, box: Outbox) -> None:
    from kbview.sources.workers.receivers import RECEIVERS

    receiver = RECEIVERS[settings.kind]()
    receiver.sampling.cpu = settings.cpu
    hear = _Hearing(receiver)
    if not _await_begin(inbox, box, hear):
        return
    with contextlib.ExitStack() as opened:
        receiver.open(settings.place)
        opened.callback(receiver.close)
        receiver.begin()
        reporter = Reporter(receiver, settings.place, box, opened)
        if not receiver.keeps_privileges:
            give_up_privileges(settings.parent)
        reporter.report(first=True)
        due = Due()
        while not hear.stopped and not inbox.closed:
            receiver.receive(time.monotonic_ns() + _SLICE_NS)
            if due():
                reporter.report()
            for body in inbox.bodies():
                hear(decode_command(body))
        receiver.receive(time.monotonic_ns() + _DRAIN_NS)
        box.flush(_WAIT_S)
        reporter.report(last=True)
        box.flush(_WAIT_S)


class _Hearing:
    """What a receiver is told while it runs."""

    def __init__(self, receiver: ReceiverWorker) -> None:
        self._receiver = receiver
        self.stopped = False

    def __call__(self, command: Command) -> None:
        if isinstance(command, Tell):
            self._receiver.sampling.detail = command.detail
        self.stopped |= isinstance(command, Stop)


if __name__ == "__main__":
    main(sys.argv[1:])
