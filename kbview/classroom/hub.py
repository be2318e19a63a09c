"""The hub: sends the presenter's screen to all followers, from a thread of its own."""

import selectors
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock, Thread

from kbview.classroom.ballot import Ballot
from kbview.classroom.canvas import Canvas
from kbview.classroom.message import (
    ClassMoment,
    Decided,
    Down,
    Farewell,
    MessageError,
    OpenQuestion,
    Pulse,
    framed,
)
from kbview.classroom.room import Room
from kbview.classroom.seat import Seat

PULSE_S = 5.0
_MOST_SEATS = 500
_LAST_WORDS_S = 1.0


class Hub:
    """Seats followers and serves them. Calls return at once; no follower can hold one up."""

    def __init__(self, room: Room) -> None:
        self._listener = room.listener
        self._lock = Lock()
        self._screen: tuple[int, Sequence[str]] | None = None  # not drawn yet
        self._notes: list[Down] = []  # not sent yet
        self._moment: ClassMoment | None = None
        self._ballot = Ballot()
        self._tell: Callable[[], None] | None = None
        self._ending = ""
        self._canvas = Canvas()
        self._seats: dict[int, Seat] = {}
        self._seated = 0
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._far, selectors.EVENT_READ)
        self._thread = Thread(target=self._serve, name="class", daemon=True)
        self._thread.start()

    # ---- calls of the presenter's thread -----------------------------------------------------

    def see(self, width: int, rows: Sequence[str]) -> None:
        """Show a screen. A screen that was not sent yet is replaced."""
        with self._lock:
            self._screen = width, rows
        self._wake()

    def ask(self, choices: int, unit: str) -> None:
        """Open a question; the one before is closed."""
        with self._lock:
            number = self._ballot.asked.number + 1 if self._ballot.asked else 1
            self._ballot = Ballot(OpenQuestion(number, choices, unit))
            self._notes.append(OpenQuestion(number, choices, unit))
        self._wake()

    def decide(self) -> Ballot | None:
        """Close the question; its ballot, or None if none is open."""
        with self._lock:
            ballot = self._ballot
            if not ballot.open or ballot.asked is None:
                return None
            ballot.open = False
            self._notes.append(Decided(ballot.asked.number))
        self._wake()
        return ballot

    def point(self, moment: ClassMoment) -> None:
        """Tell where the presenter's moment is."""
        with self._lock:
            if moment == self._moment:
                return
            self._moment = moment
            self._notes.append(moment)
        self._wake()

    def answered(self, tell: Callable[[], None] | None) -> None:
        """Call `tell` in the hub's thread after each answer; None ends that."""
        with self._lock:
            self._tell = tell

    @property
    def followers(self) -> int:
        """The followers that are connected."""
        return len(self._seats)

    @property
    def ballot(self) -> Ballot:
        """The ballot of the last question."""
        return self._ballot

    def close(self, sentence: str) -> None:
        """Say a last sentence to everybody and end; a follower that does not read is not waited for."""
        self._ending = sentence
        self._wake()
        self._thread.join(2 * _LAST_WORDS_S)

    def _wake(self) -> None:
        with suppress(OSError):  # full: the thread is awake already; closed: there is none
            self._near.send(b"!")

    # ---- the hub's thread --------------------------------------------------------------------

    def _serve(self) -> None:
        while not self._ending:
            ready = self._selector.select(PULSE_S)
            if not ready:
                self._to_all(framed(Pulse()))
            for key, events in ready:
                if key.fileobj is self._listener:
                    self._seat()
                elif key.fileobj is self._far:
                    self._drain()
                else:
                    self._attend(key.data, events)
            self._publish()
        self._to_all(framed(Farewell(self._ending)))
        self._dismiss()

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            while self._far.recv(4096):
                pass

    def _seat(self) -> None:
        with suppress(OSError):
            link, _ = self._listener.accept()
            if len(self._seats) >= _MOST_SEATS:
                link.close()
                return
            self._seated += 1
            seat = Seat(self._seated, link)
            self._seats[seat.number] = seat
            self._selector.register(link, selectors.EVENT_READ, seat)

    def _attend(self, seat: Seat, events: int) -> None:
        """Read a follower's answers and send what waits for it; clear its seat if that fails."""
        try:
            answers = seat.receive() if events & selectors.EVENT_READ else []
            seat.flush()
        except BlockingIOError:
            return
        except (OSError, MessageError):
            self._clear(seat)
            return
        with self._lock:
            counted = [self._ballot.take(seat.number, answer) for answer in answers]
            tell = self._tell if any(counted) else None
        if tell is not None:
            tell()
        self._watch(seat)

    def _publish(self) -> None:
        """Send what is new: notes to all, changed rows to all, the whole screen to those behind."""
        with self._lock:
            screen, self._screen = self._screen, None
            notes, self._notes = self._notes, []
        for note in notes:
            self._to_all(framed(note))
        changed = self._canvas.draw(*screen) if screen is not None else None
        if changed is not None:
            data = framed(changed)
            for seat in self._served():
                self._attempt(seat, seat.picture, data)
        self._catch_up()

    def _catch_up(self) -> None:
        behind = [seat for seat in self._served() if seat.behind and not seat.pending]
        whole = self._canvas.whole
        if not behind or not whole.rows:
            return
        with self._lock:
            asked = self._ballot.asked if self._ballot.open else None
            moment = self._moment
        data = b"".join(framed(each) for each in (whole, asked, moment) if each is not None)
        for seat in behind:
            seat.behind = False
            self._attempt(seat, seat.send, data)

    def _to_all(self, data: bytes) -> None:
        for seat in self._served():
            if not seat.behind:
                self._attempt(seat, seat.send, data)

    def _served(self) -> list[Seat]:
        return list(self._seats.values())

    def _attempt(self, seat: Seat, send: Callable[[bytes], None], data: bytes) -> None:
        try:
            send(data)
        except OSError:
            self._clear(seat)
        else:
            self._watch(seat)

    def _watch(self, seat: Seat) -> None:
        """Ask to be woken when a follower that has to read first has read."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if seat.pending else 0)
        if self._selector.get_key(seat.link).events != wanted:
            self._selector.modify(seat.link, wanted, seat)

    def _clear(self, seat: Seat) -> None:
        if self._seats.pop(seat.number, None) is not None:
            self._selector.unregister(seat.link)
            seat.link.close()

    def _dismiss(self) -> None:
        """Close all connections; a follower that reads gets its last sentence within a second."""
        for seat in self._served():
            with suppress(OSError):
                seat.link.settimeout(_LAST_WORDS_S / max(1, len(self._seats)))
                seat.flush()
            self._clear(seat)
        self._selector.close()
        self._near.close()
        self._far.close()
