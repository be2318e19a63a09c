"""A netlink socket: one question, and all messages of its answer."""

import errno
import os
import socket
from collections.abc import Iterator

from kbview.sources.linux.netlink.message import Message, error_of, messages

_LARGEST = 1 << 16
_PATIENCE_S = 1.0


class NetlinkSocket:
    """With one family of netlink, in the namespace it was opened in. OSError when refused."""

    def __init__(self, family: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, family)
        self._socket.settimeout(_PATIENCE_S)

    def ask(self, question: bytes, *, answers: int | None = None) -> Iterator[Message]:
        """The messages of the answer; `answers` is how many there will be if nothing ends them."""
        self._socket.send(question)
        while answers is None or answers > 0:
            for message in messages(self._socket.recv(_LARGEST)):
                number = error_of(message)
                if number == 0:
                    return
                if number is not None:
                    raise OSError(number, f"netlink: {os.strerror(number or errno.EIO)}")
                yield message
                if answers is not None:
                    answers -= 1

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
