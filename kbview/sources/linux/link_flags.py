"""The flags of an interface, by netdevice(7), in the namespace in which this is made."""

import fcntl
import socket
import struct

_SIOCGIFFLAGS = 0x8913
_IFF_UP = 1
_FLAGS = struct.Struct("=16sH22x")


class LinkFlags:
    """One interface by its name. Errors: OSError if no socket can be opened."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._asked = _FLAGS.pack(device.encode()[:15], 0)
        self._control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def down_note(self) -> str:
        """A sentence with the command that sets the interface up; "" if it is up, or is gone."""
        try:
            flags: int = _FLAGS.unpack(fcntl.ioctl(self._control, _SIOCGIFFLAGS, self._asked))[1]
        except OSError:
            return ""
        if flags & _IFF_UP:
            return ""
        return f"{self._device} is down and brings nothing; ip link set {self._device} up"

    def close(self) -> None:
        """Close the socket."""
        self._control.close()
