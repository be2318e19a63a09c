"""Where DPDK applications leave their telemetry sockets.

DPDK: lib/eal/unix/eal_filesystem.c. Root's are in /var/run/dpdk/PREFIX, others' in
$XDG_RUNTIME_DIR/dpdk or /tmp/dpdk. The prefix is the application's --file-prefix, else "rte".
"""

import os
import re
import socket
from pathlib import Path

from kbview.tape.source import SourceError

SOCKET = "dpdk_telemetry.v2"
_NUMBERED = re.compile(
    rf"{re.escape(SOCKET)}(|:\d{{1,4}})"
)  # lib/telemetry/telemetry.c, create_socket()
_USAGE, _PERMISSION = 2, 4


def folders() -> list[Path]:
    """Where runtime folders of applications may be."""
    own = os.environ.get("XDG_RUNTIME_DIR")
    bases = ["/var/run", *([own] if own else []), "/tmp"]  # noqa: S108 - DPDK's own choice
    return [Path(base, "dpdk") for base in bases]


def found() -> dict[str, Path]:
    """The sockets that somebody listens at, by prefix; of folders that we may read."""
    sockets: dict[str, Path] = {}
    for folder in reversed(folders()):
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue
        for entry in entries:
            sockets |= _of(entry)
    return sockets


def _of(folder: Path) -> dict[str, Path]:
    """An application's sockets: PREFIX for the first process, PREFIX:1 for the next of that prefix."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return {}
    found = {name: _NUMBERED.fullmatch(name) for name in names}
    return {
        f"{folder.name}{match[1]}": folder / name
        for name, match in found.items()
        if match and _is_there(folder / name)
    }


def unreadable() -> list[Path]:
    """Folders that only somebody else may look into, such as root's."""
    return [
        folder for folder in folders() if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK)
    ]


def choose(prefix: str) -> Path:
    """The socket of a prefix, or with "" the only one there is; SourceError says what there is."""
    sockets = found()
    if prefix in sockets:
        return sockets[prefix]
    if not prefix and len(sockets) == 1:
        return next(iter(sockets.values()))
    if not prefix and len(sockets) > 1:
        raise SourceError(f"several DPDK applications are here; name one: {_names(sockets)}", _USAGE)
    if closed := unreadable():
        command = f"sudo kbview dpdk{':' if prefix else ''}{prefix}"
        raise SourceError(
            f"{closed[0]} is not for this user to read, DPDK's sockets are in there; run: {command}",
            _PERMISSION,
        )
    there = f"there are {_names(sockets)}" if sockets else "none is running here"
    asked = f"with --file-prefix {prefix}" if prefix else "with telemetry"
    raise SourceError(f"no DPDK application {asked} is running; {there}", _USAGE)


def _names(sockets: dict[str, Path]) -> str:
    return ", ".join(f"dpdk:{name}" for name in sorted(sockets))


def _is_there(path: Path) -> bool:
    """Whether it is a socket that was not left behind by an application that was killed."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
            probe.setblocking(False)
            probe.connect(str(path))
    except (PermissionError, BlockingIOError):
        return True
    except OSError:
        return False
    return True
