"""The interface that is watched, asked through a socket of its own namespace: does it exist, is it up?

Linux: netdevice(7). By index, so that it may be renamed, and without /sys, which shows only the
namespace that it was mounted in.
"""

import contextlib
import errno
import fcntl
import socket
import struct

from kbview.sources.linux.packet_ring.block import ETHERNET, LOOPBACK, TUNNEL, Framing
from kbview.tape.source import SourceError

_SIOCGIFNAME, _SIOCGIFFLAGS, _SIOCGIFHWADDR, _SIOCGIFINDEX = 0x8910, 0x8913, 0x8927, 0x8933
_IFF_UP = 1
_NUMBER = struct.Struct("=16si20x")
_FLAGS = struct.Struct("=16sH22x")
_FRAMINGS = {1: ETHERNET, 772: LOOPBACK}  # ARPHRD_ETHER, ARPHRD_LOOPBACK


class WatchedLink:
    """One interface. Errors: SourceError when there is none of that name."""

    def __init__(self, control: socket.socket, name: str) -> None:
        self.name = name
        self._control = control
        try:
            self.index = _NUMBER.unpack(self._ask(_SIOCGIFINDEX, name.encode()))[1]
        except (OSError, UnicodeError, struct.error) as error:
            raise SourceError(
                f"there is no interface {name!r} here; {_those_there_are()}", 2
            ) from error

    def exists(self) -> bool:
        """Whether the interface is still there, whatever it is called now."""
        try:
            asked = fcntl.ioctl(self._control, _SIOCGIFNAME, _NUMBER.pack(b"", self.index))
        except OSError as error:
            return error.errno != errno.ENODEV
        self.name = asked[:16].rstrip(b"\0").decode(errors="replace")
        return True

    def is_up(self) -> bool:
        """Whether somebody set it up."""
        with contextlib.suppress(OSError):
            return bool(_FLAGS.unpack(self._ask(_SIOCGIFFLAGS, self.name.encode()))[1] & _IFF_UP)
        return False

    def framing(self) -> Framing:
        """The lengths of its frames; a tunnel has no Ethernet header."""
        kind: int = _FLAGS.unpack(self._ask(_SIOCGIFHWADDR, self.name.encode()))[1]
        return _FRAMINGS.get(kind, TUNNEL)

    def _ask(self, request: int, name: bytes) -> bytes:
        return fcntl.ioctl(self._control, request, _NUMBER.pack(name[:15], 0))


def _those_there_are() -> str:
    names = [name for _, name in socket.if_nameindex()]
    return f"there are {', '.join(names)}" if names else "there is none at all"
