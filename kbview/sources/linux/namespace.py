"""A network namespace with a name, as `ip netns` makes them.

    /run/netns/kbview-4711-a   an empty file, on which the namespace is mounted; holds it alive
    our descriptor             holds it too: a name deleted underneath takes nothing from us
    processes inside           hold it until they end

Linux: net/core/net_namespace.c; iproute2: ip/ipnetns.c, whose steps `create` repeats.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from kbview.sources.linux import libc

FOLDER = Path("/run/netns")
_HERE = "/proc/thread-self/ns/net"


class Namespace:
    """Created when made, open until `remove`. OSError when the kernel refuses."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = FOLDER / name
        with _share_folder():
            os.close(os.open(self.path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o444))
            try:
                self.descriptor = self._mount_new()
            except OSError:
                self.path.unlink(missing_ok=True)
                raise

    def _mount_new(self) -> int:
        """Step into a new namespace just long enough to mount it."""
        with _returning():
            libc.unshare_network()
            libc.mount(_HERE, str(self.path), libc.MS_BIND)
            return os.open(_HERE, os.O_RDONLY | os.O_CLOEXEC)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Sockets opened and processes started in here belong to the namespace; this thread only."""
        with _returning():
            libc.set_network(self.descriptor)
            yield

    def set(self, key: str, value: object) -> None:
        """Write a sysctl below net/, such as "ipv6/conf/all/disable_ipv6"."""
        with self.entered():
            Path("/proc/sys/net", key).write_text(f"{value}\n", encoding="ascii")

    def remove(self) -> None:
        """Take name and descriptor away; the kernel ends it, and its links, with the last user."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
        remove(self.name)


def remove(name: str) -> None:
    """Take away a namespace's name, if it is there."""
    path = FOLDER / name
    with contextlib.suppress(OSError):
        while True:  # EINVAL ends it: nothing is mounted there any more
            libc.unmount(str(path))
    path.unlink(missing_ok=True)


def refusal() -> str | None:
    """None, or why there can be no namespace here. Tried in a child: this process stays where it is."""
    pid = os.fork()
    if pid == 0:
        try:
            libc.unshare_network()
        except OSError as error:
            os._exit(error.errno or 1)
        os._exit(0)
    number = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if number == 0:
        return None
    return f"no network namespace can be made ({os.strerror(abs(number))}); run: sudo kbview lab"


@contextlib.contextmanager
def _returning() -> Iterator[None]:
    home = os.open(_HERE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
    finally:
        libc.set_network(home)
        os.close(home)


@contextlib.contextmanager
def _share_folder() -> Iterator[None]:
    """Make the folder a shared mount, so that a name removed here is removed everywhere.

    Locked as `ip netns add` locks it: two that share it at once would stack mounts.
    """
    FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder = os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        try:
            libc.mount("", str(FOLDER), libc.MS_SHARED | libc.MS_REC)
        except OSError:  # not a mount point yet
            libc.mount(str(FOLDER), str(FOLDER), libc.MS_BIND | libc.MS_REC)
            libc.mount("", str(FOLDER), libc.MS_SHARED | libc.MS_REC)
        yield
    finally:
        os.close(folder)
