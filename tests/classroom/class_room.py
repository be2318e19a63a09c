"""A hub in a room of a test, and followers that are bare sockets."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kbview.classroom.hub import Hub
from kbview.classroom.message import DOWN, MOST_DOWN, Down, MessageInbox
from kbview.classroom.room import Room, connect

WAIT_S = 30.0
_OPEN: list[socket.socket] = []


class Pupil:
    """A connection that reads messages when it is told to."""

    def __init__(self, room: Room) -> None:
        self.link: socket.socket = connect(room.path)
        self.link.settimeout(WAIT_S)
        _OPEN.append(self.link)
        self.inbox = MessageInbox[Down](DOWN, MOST_DOWN)
        self.heard: list[Down] = []

    def wait_for(self, kind: type[Down], count: int = 1) -> list[Down]:
        """Read until so many messages of a kind have come; these."""
        while len(found := [one for one in self.heard if isinstance(one, kind)]) < count:
            data = self.link.recv(1 << 16)
            assert data, f"the hub closed the connection before {kind.__name__}"
            self.heard += self.inbox.feed(data)
        return found


@contextmanager
def presented(folder: Path) -> Iterator[tuple[Hub, Room]]:
    """A hub in a room."""
    room = Room(folder / "room", None)
    hub = Hub(room)
    try:
        yield hub, room
    finally:
        hub.close("over")
        room.close()
        while _OPEN:
            _OPEN.pop().close()


def until(condition: "object", seconds: float = WAIT_S) -> None:
    """Wait until a call returns something true."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.01)
