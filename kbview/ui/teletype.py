"""The terminal's line: Textual's driver, but a slow reader delays nothing, and a cut line ends the app.

    shell -> raster -> Backlog -> thread -> terminal      shell draws no frame while bytes are under way
    shell <-  keys  <- thread  <- terminal                answers to questions are taken out

Textual's own writer lets the app wait behind 30 frames, and forgets a terminal that was closed.
"""

import os
import re
import select
import sys
import threading
from codecs import getincrementaldecoder
from operator import mul
from time import monotonic, sleep
from typing import Any, ClassVar

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from kbview.ui.characters import to_ascii
from kbview.ui.raster import Raster
from kbview.ui.receipts import Receipts

_LEAVING_S = 1.0  # how long the last bytes may take; a terminal that is stopped takes none
_LOOK_S = 1.0  # how often a silent line is looked at
_INPUT_S = 0.1
_LOOK_AGAIN_S = 0.01
_ASK_BACKGROUND = "\x1b]11;?\x1b\\"
_ANSWER = re.compile("\x1b\\](\\d{1,4});([^\x07\x1b]{0,200})(?:\x07|\x1b\\\\)")
_BEGUN = re.compile("\x1b(?:\\][^\x07\x1b]{0,200}\x1b?|\\[[0-9;]{0,9})?$")  # the rest comes later
_RECEIPT = re.compile("\x1b\\[[03]n")
_ASK_REPEATS = "\x1b[H{}\x1b[2b\x1b[6n\x1b[2K"  # a character, twice more by REP: at which column?
_CURSOR = re.compile("\x1b\\[1;([24])R")
_REPEATED = "4"  # the column
_SETTLING_S = 1.0  # the wait for answers that a shell would take for keys
_COLOUR = re.compile(r"rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
_HALF = 0.5
_WEIGHTS = (0.299, 0.587, 0.114)  # of red, green and blue in brightness, ITU-R BT.601


class LineGone(Message):
    """The terminal was closed."""


class BackgroundTold(Message):
    """The terminal's answer: whether its background is light."""

    def __init__(self, light: bool) -> None:
        super().__init__()
        self.light = light


def is_light(answer: str) -> bool | None:
    """Whether an answer to OSC 11 names a light colour; None if it names no colour."""
    found = _COLOUR.match(answer)
    if found is None:
        return None
    shares = [int(part, 16) / (16 ** len(part) - 1) for part in found.groups()]
    brightness: float = sum(map(mul, _WEIGHTS, shares))
    return brightness > _HALF


class Backlog(threading.Thread):
    """Writes to a descriptor in its own time. `gone` is set where nobody can read any more."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(daemon=True, name="kbview-output")
        self._descriptor = descriptor
        self._changed = threading.Condition()
        self._waiting = bytearray()
        self._closing = False
        self.gone = threading.Event()

    @property
    def length(self) -> int:
        """The bytes that have not been handed to the terminal yet."""
        return len(self._waiting)

    def put(self, data: bytes) -> None:
        """Add bytes; the caller never waits."""
        with self._changed:
            self._waiting += data
            self._changed.notify()

    def stop(self) -> None:
        """Write the rest, for a second at most."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self.join(_LEAVING_S)

    def run(self) -> None:
        """Write until stopped. Bytes for a closed terminal are dropped."""
        while True:
            with self._changed:
                if not self._waiting and not self._closing:
                    self._changed.wait(_LOOK_S)
                piece = bytes(self._waiting[:4096])
                if not piece and self._closing:
                    return
            if piece:
                self._write(piece)
            elif _is_cut(self._descriptor):
                self.gone.set()

    def _write(self, piece: bytes) -> None:
        try:
            written = os.write(self._descriptor, piece)
        except OSError:
            self.gone.set()
            written = len(piece)
        with self._changed:
            del self._waiting[:written]


def _is_cut(descriptor: int) -> bool:
    """Whether the other end of the line was closed."""
    looked = select.poll()
    looked.register(descriptor, 0)
    return any(events & (select.POLLHUP | select.POLLERR) for _, events in looked.poll(0))


class Teletype(LinuxDriver):
    """Textual's driver for a terminal, with its own writer and reader.

    A process that was stopped and goes on without having left the screen leaves and enters it again:
    a shell has written there, and has other settings.

    `repeated`: the character that tries REP. tmux repeats ASCII alone; most repetitions are lines.
    """

    repeated: ClassVar[str] = "─"

    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        self.raster = Raster()
        self._backlog: Backlog | None = None
        self._on_screen = False
        self._expecting = False  # an answer of the terminal, which may come late and in two pieces
        self._asked_repeats = False
        self._receipts = Receipts()

    @property
    def behind(self) -> bool:
        """Whether so many bytes are under way to the terminal that a frame has to be left out."""
        waiting = 0 if self._backlog is None else self._backlog.length
        return max(waiting, self._receipts.under_way) >= self._receipts.allowed

    def write(self, data: str) -> None:
        """Queue the data; the app goes on at once."""
        if self._backlog is not None:
            sent = data.encode("utf-8", "replace")
            self._receipts.wrote(len(sent))
            self._backlog.put(sent)

    def drawn(self) -> None:
        """A frame was written: ask the terminal to say when it has drawn it."""
        if self._backlog is not None:
            self._backlog.put(self._receipts.ask().encode("ascii"))

    def start_application_mode(self) -> None:
        """Enter the screen; nothing happens if it was entered."""
        if self._on_screen:
            return
        self._backlog = Backlog(sys.__stderr__.fileno() if sys.__stderr__ else self.fileno)
        self._backlog.start()
        self._on_screen = True
        self.raster.forget()
        self._receipts = Receipts()
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's own
        self._asked_repeats = True
        self.write(_ASK_REPEATS.format(self.repeated))

    def ask_background(self) -> None:
        """Ask for the background. An answer comes as BackgroundTold, perhaps late or never."""
        self._expecting = True
        self.write(_ASK_BACKGROUND)

    def stop_application_mode(self) -> None:
        """Leave the screen; nothing happens if it was left."""
        if self._on_screen:
            self._on_screen = False
            self._settle()
            super().stop_application_mode()

    def close(self) -> None:
        """Let the writers end."""
        super().close()
        if self._backlog is not None:
            self._backlog.stop()

    def _settle(self) -> None:
        """Wait for the answers of the terminal: a late answer is typed into the shell."""
        end_s = monotonic() + _SETTLING_S
        reading, backlog = self._key_thread, self._backlog
        while self._receipts.expected and monotonic() < end_s:
            if reading is None or not reading.is_alive() or backlog is None or backlog.gone.is_set():
                return
            sleep(_LOOK_AGAIN_S)

    def _sigcont_application(self, *_: Any) -> None:
        if self._auto_restart:
            if self._on_screen:
                self.suspend_application_mode()
            self.resume_application_mode()

    def run_input_thread(self) -> None:
        """Read keys until told to end, or until the line is cut."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        held = ""
        while not self.exit_event.is_set():
            text = ""
            if select.select([self.fileno], [], [], _INPUT_S)[0]:
                data = self._read()
                if not data:
                    self.send_message(LineGone())
                    return
                text = held + decode(data)
                held = ""
            elif self._backlog is not None and self._backlog.gone.is_set():
                self.send_message(LineGone())
                return
            text, held = self._without_answers(text or held, bool(text))
            for event in (*parser.feed(text), *parser.tick()) if text else parser.tick():
                self.process_message(event)

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""

    def _without_answers(self, text: str, fresh: bool) -> tuple[str, str]:
        """The keys of a text, and its end if that may be half an answer and the other half may come."""
        for answer in _ANSWER.finditer(text):
            light = is_light(answer[2]) if answer[1] == "11" else None
            self._expecting = False
            if light is not None:
                self.send_message(BackgroundTold(light))
        text, receipts = _RECEIPT.subn("", _ANSWER.sub("", text))
        for _ in range(receipts):
            self._receipts.answered()
        text = self._without_position(text)
        expected = self._expecting or self._receipts.expected
        begun = _BEGUN.search(text) if fresh and expected else None
        return (text, "") if begun is None else (text[: begun.start()], begun[0])

    def _without_position(self, text: str) -> str:
        """The text without the answer that tells whether the terminal knows REP."""
        told = _CURSOR.search(text) if self._asked_repeats else None
        if told is None:
            return text
        self._asked_repeats = False
        self.raster.repeats = told[1] == _REPEATED
        return text.replace(told[0], "", 1)


class AsciiTeletype(Teletype):
    """For a terminal that gets nothing but ASCII, of Textual's own boxes too: the palette is one."""

    repeated = "-"

    def write(self, data: str) -> None:
        super().write(to_ascii(data))
