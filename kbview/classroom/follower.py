"""A follower: draws the presenter's rows on this terminal, and sends answers.

It imports no part of the screen, so that forty of them are cheap. The terminal's last row is the
follower's own: the state of the class, or the answer that is being typed.
"""

import re
import selectors
import socket
from collections.abc import Callable
from time import monotonic

from kbview.classroom.message import (
    DOWN,
    MOST_DOWN,
    Answer,
    ClassMoment,
    Decided,
    Down,
    Farewell,
    MessageError,
    MessageInbox,
    OpenQuestion,
    Picture,
    framed,
)

SILENCE_S = 15.0  # without a pulse
_SAFE = re.compile(r"\x1b\[[0-9;]*m|[^\x00-\x1f\x7f-\x9f]")
_LOST = "The connection to the presenter was lost."
_TYPED = frozenset("0123456789.,kMGe+-")
_LONGEST = 24
Alone = Callable[[ClassMoment], None]  # shows the tape at a moment until its viewer leaves it


class Terminal:
    """The terminal as a follower needs it. `size` is columns and rows."""

    def __init__(self, write: Callable[[bytes], object], size: Callable[[], tuple[int, int]]) -> None:
        self.write = write
        self.size = size


class Follower:
    """One follower of a class. `run` returns the sentence that it ended with."""

    def __init__(self, link: socket.socket, terminal: Terminal, alone: Alone, name: str = "") -> None:
        self._link = link
        self._terminal = terminal
        self._alone = alone
        self._name = name
        self._inbox = MessageInbox[Down](DOWN, MOST_DOWN)
        self._width = self._height = 0
        self._rows: dict[int, str] = {}
        self._moment: ClassMoment | None = None
        self._asked: OpenQuestion | None = None
        self._typed = ""
        self._answered = ""
        self._heard_s = monotonic()
        self.ended = ""
        self.lost = False

    def run(self, keys: int, resized: int) -> None:
        """Serve keys from one descriptor, and draw anew when the other one has a byte."""
        from os import read

        with selectors.DefaultSelector() as selector:
            selector.register(self._link, selectors.EVENT_READ)
            selector.register(keys, selectors.EVENT_READ)
            selector.register(resized, selectors.EVENT_READ)
            while not self.ended:
                ready = [key.fd for key, _ in selector.select(SILENCE_S)]
                if self._link.fileno() in ready:
                    self.receive()
                if keys in ready:
                    self.press(read(keys, 256).decode("utf-8", "replace") or "q")
                if resized in ready:
                    read(resized, 256)
                    self.draw()
                if not ready:
                    self._status()

    # ---- from the presenter ------------------------------------------------------------------

    def receive(self) -> None:
        """Take what has come, and draw it in one write."""
        try:
            data = self._link.recv(1 << 16)
            messages = list(self._inbox.feed(data)) if data else []
        except BlockingIOError:
            return
        except (OSError, MessageError):
            data, messages = b"", []
        if not data:
            self.ended, self.lost = _LOST, True
            return
        self._heard_s = monotonic()
        changed: set[int] = set()
        anew = False
        for message in messages:
            match message:
                case Picture():
                    anew |= message.whole
                    changed |= self._take(message)
                case _:
                    self._note(message)
        self._show(sorted(changed), anew=anew)

    def _take(self, picture: Picture) -> set[int]:
        if picture.whole:
            self._width, self._height, self._rows = picture.width, picture.height, {}
        rows = {at: row for at, row in picture.rows.items() if 0 <= at < self._height}
        self._rows |= {at: "".join(_SAFE.findall(row)) for at, row in rows.items()}
        return set(rows)

    def _note(self, message: Down) -> None:
        match message:
            case ClassMoment():
                self._moment = message
            case OpenQuestion():
                self._asked, self._typed, self._answered = message, "", ""
            case Decided():
                self._asked = None
            case Farewell():
                self.ended = "".join(_SAFE.findall(message.sentence))[:200]
            case _:
                pass

    # ---- from the follower -------------------------------------------------------------------

    def press(self, keys: str) -> None:
        """Keys as they came from the terminal; escape sequences are of no use here."""
        if keys.startswith("\x1b"):
            return
        for key in keys:
            self._press(key)
            if self.ended:
                return
        self._status()

    def _press(self, key: str) -> None:
        if key in "q\x03\x04":
            self.ended = "You have left the class."
        elif key == "a" and self._moment is not None:
            self._alone(self._moment)
            self.draw()
        elif self._asked is not None:
            self._answer(self._asked, key)

    def _answer(self, asked: OpenQuestion, key: str) -> None:
        if asked.choices:
            if key.isascii() and key.isdecimal() and 1 <= int(key) <= asked.choices:
                self._send(asked, key)
        elif key in "\r\n":
            self._send(asked, self._typed)
        elif key in "\x7f\x08":
            self._typed = self._typed[:-1]
        elif key in _TYPED and len(self._typed) < _LONGEST:
            self._typed += key

    def _send(self, asked: OpenQuestion, text: str) -> None:
        if not text:
            return
        try:
            self._link.send(framed(Answer(asked.number, text, self._name)))
            self._answered = text
        except BlockingIOError:
            self._answered = ""
        except OSError:
            self.ended, self.lost = _LOST, True

    # ---- on the terminal ---------------------------------------------------------------------

    def draw(self) -> None:
        """All rows."""
        self._show(range(self._height), anew=True)

    def _show(self, rows: "range | list[int]", *, anew: bool) -> None:
        """Rows by number, cut at the terminal's edge, and the last row."""
        _, height = self._terminal.size()
        told = ["\x1b[?2026h\x1b[?7l"]
        if anew:
            told.append("\x1b[0m\x1b[2J")
        seen = [at for at in rows if at < height - 1]
        told += [f"\x1b[{at + 1};1H{self._rows.get(at, '')}\x1b[0m" for at in seen]
        told += [*self._own_row(), "\x1b[?7h\x1b[?2026l"]
        self._terminal.write("".join(told).encode())

    def _status(self) -> None:
        self._show([], anew=False)

    def _own_row(self) -> list[str]:
        width, height = self._terminal.size()
        text = f" {self._words(width, height)}"[: max(0, width - 1)]
        return [f"\x1b[{height};1H\x1b[0m\x1b[7m{text:<{max(0, width - 1)}}\x1b[0m"]

    def _words(self, width: int, height: int) -> str:
        silent_s = monotonic() - self._heard_s
        if silent_s > SILENCE_S:
            return f"no sign of the presenter for {silent_s:.0f} s    q leave"
        if self._asked is not None:
            return f"{self._question(self._asked)}    a alone  q leave"
        if self._width > width or self._height > height:
            sizes = f"presenter {self._width}x{self._height}, here {width}x{height}"
            return f"{sizes}: cut    a alone  q leave"
        return "following    a look around alone (q comes back)    q leave"

    def _question(self, asked: OpenQuestion) -> str:
        given = f" (yours: {self._answered})" if self._answered else ""
        if asked.choices:
            return f"your prediction: 1 to {asked.choices}{given}"
        return f"your prediction {asked.unit}: {self._typed}_ Enter{given}".replace("  ", " ")
