"""A socket on each receive queue of an interface, and one program that serves them all.

A NIC spreads flows over its queues by their hash, so a socket on one queue gets some flows and never
the others. Linux: net/xdp/xsk.c xsk_bind() refuses a queue that the interface does not have.
"""

import contextlib
import errno
import socket

from kbview.sources.linux.xdp.xsk import XskSocket, redirect_to

_MOST = 64  # queues
_LARGE, _SMALL = 2048, 512  # entries of each ring: a frame's 2 KB each
_FEW = 4  # queues that may have large rings


class EveryQueue:
    """Open from the moment it is made until `close`. `queue` None is every queue. Errors: OSError."""

    def __init__(self, link: str, queue: int | None = None, port: int | None = None) -> None:
        self._closing = contextlib.ExitStack()
        self.sockets: list[XskSocket] = []
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            self._open(link, range(_MOST) if queue is None else range(queue, queue + 1))
            mode = redirect_to(self.sockets, socket.if_nametoindex(link), port, self._closing)
            self.mode = mode or self.sockets[0].mode
            undo.pop_all()

    def _open(self, link: str, queues: range) -> None:
        """Bind a socket to each, as far as there are queues."""
        for queue in queues:
            size = _LARGE if len(self.sockets) < _FEW else _SMALL
            try:
                bound = XskSocket(link, queue, size=size, alone=False)
            except OSError as error:
                if error.errno == errno.EINVAL and self.sockets:
                    return  # the queue before was the last
                raise
            self._closing.callback(bound.close)
            self.sockets.append(bound)

    def close(self) -> None:
        """Take the program off the link, then close the sockets. A second call does nothing."""
        self._closing.close()
