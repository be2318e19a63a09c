"""Files: the commands that write the tape, or a picture of the screen, to a file of the viewer's."""

from collections.abc import Callable
from pathlib import Path

from kbview.tape.source import SourceError
from kbview.ui.desk import Commands, Desk
from kbview.ui.prompt import Prompt
from kbview.ui.session import Session
from kbview.ui.terminal import served

_SERVED = "a viewer in a browser writes no files on the server"
_TAPE, _PICTURE = "kbview.kbt", "kbview.svg"


class Files:
    """Asks for a name first; a file that exists is never overwritten.

    `picture` returns the present screen as SVG text.
    """

    def __init__(self, session: Session, desk: Desk, picture: Callable[[], str]) -> None:
        self._session = session
        self._desk = desk
        self._picture = picture

    @property
    def commands(self) -> Commands:
        """A command for each key that writes a file, by the key's id."""
        return {"write": self.write, "export": self.export}

    def write(self) -> None:
        """Write what is on the tape."""
        if served():
            self._desk.say(_SERVED)
        elif self._session.offers.save is None:
            self._desk.say("this tape is a file already")
        else:
            self._ask("write the tape to", _TAPE, self._write)

    def export(self) -> None:
        """Draw this screen as a picture that any browser shows."""
        if served():
            self._desk.say(_SERVED)
            return
        self._ask("draw this screen to", _PICTURE, self._export)

    def _ask(self, asks: str, name: str, then: Callable[[str | None], None]) -> None:
        session = self._session
        hint = "the name of a file that is not there yet"
        self._desk.ask(Prompt(asks, hint, name, session.theme, session.ascii), then)

    def _write(self, path: str | None) -> None:
        if path and self._session.offers.save is not None:
            try:
                self._desk.say(self._session.offers.save(path, self._session.player.tape))
            except SourceError as error:
                self._desk.say(str(error))

    def _export(self, path: str | None) -> None:
        if not path:
            return
        try:
            with Path(path).open("x", encoding="utf-8") as file:
                file.write(self._picture())
            self._desk.say(f"{path}: written")
        except FileExistsError:
            self._desk.say(f"{path}: exists; name another file")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
            self._desk.say(f"{path}: cannot be written: {reason}")
