"""An interface as the tracepoints know it: name, interrupts, and the settings that bear on it."""

import re
import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from kbview.packet.frame import endpoint
from kbview.sources.choosing.own_connection import OwnConnection
from kbview.sources.linux.procfs import interrupts
from kbview.sources.trace.live.symbols import Symbols
from kbview.sources.trace.meaning.machine_state import WatchedInterface
from kbview.tape.source import SourceError

_CLASS = Path("/sys/class/net")
_SETTINGS = Path("/proc/sys/net")
# Vectors that bring no received frames: a virtio device has one each for sending and settings.
_NOT_RECEIVING = re.compile(r"config|output|control|(^|[-.])tx([-.]|\d|$)", re.IGNORECASE)
_QUEUE = re.compile(r"(\d+)$")
_US_PS = 1_000_000


def check(name: str) -> int:
    """The interface's index in this network namespace; SourceError when there is none."""
    try:
        return socket.if_nametoindex(name)
    except OSError:
        there = ", ".join(each for _, each in socket.if_nameindex())
        raise SourceError(f"{name!r}: no such interface here; use one of {there}", 2) from None


def is_physical(name: str) -> bool:
    """Whether hardware is behind it, or a virtual machine's device."""
    return (_CLASS / name / "device").exists()


def missed(name: str) -> int:
    """Frames for which its ring had no descriptor (rx_missed_errors), since it came up."""
    try:
        text = (_CLASS / name / "statistics/rx_missed_errors").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(text)


def target(
    name: str,
    index: int | None,
    symbols: Symbols,
    numbers: Iterator[int] | None = None,
    own: OwnConnection | None = None,
) -> WatchedInterface:
    """The subject of the trace. Settings that cannot be read keep the kernel's defaults."""
    rcvbuf = _setting("core/rmem_default", 0), _setting("ipv4/tcp_rmem", 0, 1)
    return WatchedInterface(
        name,
        vectors=vectors(name),
        ourselves=frozenset(int(path.name) for path in Path("/proc/self/task").iterdir()),
        calls_of_watched=True,
        index=index,
        budget=_setting("core/netdev_budget", 300),
        budget_ps=_setting("core/netdev_budget_usecs", 8000) * _US_PS,
        budgets_read=_setting("core/netdev_budget", 0) > 0,
        rcvbuf=rcvbuf,
        locate=symbols.name,
        name_of=task_name,
        numbers=count() if numbers is None else numbers,
        own=None if own is None else (own.local.port, endpoint(own.remote.address, own.remote.port)),
    )


def vectors(name: str) -> dict[int, int]:
    """The interrupts that bring its frames, and the queue of each."""
    device = _CLASS / name / "device"
    numbers: set[int] = set()
    for folder in (device / "msi_irqs", device.resolve().parent / "msi_irqs"):  # virtio: its parent's
        if folder.is_dir():
            numbers = {int(path.name) for path in folder.iterdir() if path.name.isdigit()}
            break
    found: dict[int, int] = {}
    for number, label in _interrupts():
        if number in numbers and not _NOT_RECEIVING.search(label):
            queue = _QUEUE.search(label)
            found[number] = int(queue[1]) if queue else len(found)
    return found


def _interrupts() -> list[tuple[int, str]]:
    """Number and last word of each numbered line of /proc/interrupts."""
    lines = interrupts.parse(Path("/proc/interrupts").read_text(encoding="ascii", errors="replace"))
    return [
        (int(each.label), each.said.split()[-1])
        for each in lines
        if each.label.isdecimal() and each.said
    ]


def task_name(pid: int) -> str:
    """The name of a task; "" when it is gone."""
    try:
        text = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return text.rstrip("\n")


def _setting(name: str, default: int, column: int = 0) -> int:
    try:
        return int((_SETTINGS / name).read_text(encoding="ascii").split()[column])
    except (OSError, ValueError, IndexError):
        return default


def is_there(name: str, index: int) -> bool:
    """Whether it is still the same interface."""
    try:
        return socket.if_nametoindex(name) == index
    except OSError:
        return False
