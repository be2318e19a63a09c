"""A seat: the connection of one follower, as the hub sees it."""

import socket

from kbview.classroom.message import MOST_UP, UP, Answer, MessageError, MessageInbox

_MOST_WAITING = 256 * 1024  # bytes that wait for a follower before pictures are left out


class Seat:
    """Sends without waiting. `behind`: pictures were left out, the next is the whole screen."""

    def __init__(self, number: int, link: socket.socket) -> None:
        self.number = number
        self.link = link
        self.behind = True
        self._waiting = bytearray()
        self._inbox = MessageInbox[Answer](UP, MOST_UP)
        link.setblocking(False)

    @property
    def pending(self) -> bool:
        """Whether bytes wait until the follower reads."""
        return bool(self._waiting)

    def picture(self, data: bytes) -> None:
        """Send changed rows, unless the follower has more than enough to read."""
        if len(self._waiting) > _MOST_WAITING:
            self.behind = True
        elif not self.behind:
            self.send(data)

    def send(self, data: bytes) -> None:
        """Send a message, at once or when the follower reads. Errors: OSError if it is gone."""
        if not self._waiting:
            data = data[self._sent(data) :]
        self._waiting += data

    def flush(self) -> None:
        """Send what waits, as far as the follower takes it. Errors: OSError."""
        del self._waiting[: self._sent(self._waiting)]

    def _sent(self, data: bytes | bytearray) -> int:
        try:
            return self.link.send(data)
        except BlockingIOError:
            return 0

    def receive(self) -> list[Answer]:
        """The answers that have come. Errors: OSError or MessageError if the seat has to be cleared."""
        data = self.link.recv(4096)
        if not data:
            raise ConnectionResetError("left")
        answers = list(self._inbox.feed(data))
        if len(answers) > _MOST_AT_ONCE:
            raise MessageError("too many answers")
        return answers


_MOST_AT_ONCE = 16
