"""The room: a folder with the socket and the tapes of a class, readable by one group.

`/tmp/kbview-class-USER` is made by the presenter and removed at the end. A folder of this name that
belongs to another user is refused, for everybody may write into /tmp. A folder with files that are
not of a class is refused as well: only the socket and the tapes are ever removed.
"""

import grp
import os
import pwd
import re
import socket
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from kbview.tape.source import SourceError

_PREFIX = "kbview-class-"
_SOCKET = "screen"
_OWN = re.compile(r"screen|tape-\d{1,9}\.kbt", re.ASCII)  # the files of a room


def folder_of(user: str) -> Path:
    """The room of a user's class."""
    return Path(tempfile.gettempdir()) / f"{_PREFIX}{user}"


def present_room() -> Path:
    """The room of this process's own user."""
    try:
        return folder_of(pwd.getpwuid(os.geteuid()).pw_name)
    except KeyError:
        return folder_of(str(os.geteuid()))


def find_room(word: str | None) -> Path:
    """The room of a user, in a folder, or the only one there is. Errors: SourceError with one line."""
    if word and "/" in word:
        return Path(word)
    if word:
        return folder_of(word)
    rooms = sorted(path for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*") if path.is_dir())
    if not rooms:
        raise SourceError("no class is presented on this machine; `kbview present` begins one", 3)
    if len(rooms) > 1:
        users = ", ".join(path.name.removeprefix(_PREFIX) for path in rooms)
        raise SourceError(f"several classes are presented; name one of the presenters: {users}", 2)
    return rooms[0]


class Room:
    """The folder of a presenter. Errors: SourceError where it cannot be made or is in use."""

    def __init__(self, path: Path, group: str | None) -> None:
        self.path = path
        self._gid = _group_id(group)
        try:
            path.mkdir(mode=0o700, exist_ok=True)
            self._refuse_foreign()
            self._refuse_in_use()
            self._sweep()
            self.listener = self._listen()
            self._share(path, 0o750)
        except OSError as error:
            raise SourceError(f"{path}: no room for a class: {error.strerror}", 1) from error

    def _refuse_foreign(self) -> None:
        status = self.path.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            raise SourceError(f"{self.path}: belongs to another user; name another with --room", 4)

        if other := next((one for one in os.listdir(self.path) if not _OWN.fullmatch(one)), None):
            raise SourceError(
                f"{self.path}: has files of its own, such as {other[:40]!r}; --room takes a new folder",
                2,
            )

    def _refuse_in_use(self) -> None:
        with (
            socket.socket(socket.AF_UNIX) as probe,
            suppress(FileNotFoundError, ConnectionRefusedError),
        ):
            probe.connect(str(self.path / _SOCKET))
            raise SourceError(f"{self.path}: a class is presented here; end it, or use --room", 2)

    def _sweep(self) -> None:
        """Remove the socket and the tapes, also of a presenter that was killed."""
        for name in os.listdir(self.path):
            if _OWN.fullmatch(name):
                (self.path / name).unlink()

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path / _SOCKET))
        self._share(self.path / _SOCKET, 0o660)
        listener.listen(128)
        listener.setblocking(False)
        return listener

    def _share(self, path: Path, mode: int) -> None:
        if self._gid is not None:
            os.chown(path, -1, self._gid)
        path.chmod(mode)

    def share_tape(self, path: Path) -> None:
        """Let the group read a tape."""
        self._share(path, 0o640)

    def close(self) -> None:
        """Remove the room, unless somebody has put other files there."""
        self.listener.close()
        with suppress(OSError):
            self._sweep()
            self.path.rmdir()


def _group_id(name: str | None) -> int | None:
    if name is None:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise SourceError(f"{name[:40]}: there is no such group", 2) from None


def connect(room: Path) -> socket.socket:
    """A connection to the presenter. Errors: SourceError with one line and the remedy."""
    link = socket.socket(socket.AF_UNIX)
    try:
        link.connect(str(room / _SOCKET))
    except PermissionError as error:
        link.close()
        raise SourceError(
            f"{room}: only members of its group may follow; ask the presenter", 4
        ) from error
    except OSError as error:
        link.close()
        raise SourceError(f"{room}: no class is presented here: {error.strerror}", 3) from error
    link.setblocking(False)
    return link
