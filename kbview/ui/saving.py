"""Saving: the tape, or a picture of the screen, in a file that the viewer names."""

from collections.abc import Callable
from pathlib import Path

from kbview.tape.source import SourceError
from kbview.ui.controls import Controls
from kbview.ui.prompt import Prompt

_TAPE, _PICTURE = "kbview.kbt", "kbview.svg"


class Saving(Controls):
    """Asks for a name first; a file that exists is never written over."""

    def action_write(self) -> None:
        """Write what is on the tape."""
        if self._session.offers.save is None:
            self._say("this tape is a file already")
        else:
            self._ask("write the tape to", _TAPE, self._write)

    def action_export(self) -> None:
        """Draw this screen as a picture that any browser shows."""
        self._ask("draw this screen to", _PICTURE, self._export)

    def _ask(self, asks: str, name: str, then: Callable[[str | None], None]) -> None:
        session = self._session
        hint = "the name of a file that is not there yet"
        self.push_screen(Prompt(asks, hint, name, session.theme, session.ascii), then)

    def _write(self, path: str | None) -> None:
        if path and self._session.offers.save is not None:
            try:
                self._say(self._session.offers.save(path, self._player.tape))
            except SourceError as error:
                self._say(str(error))

    def _export(self, path: str | None) -> None:
        if not path:
            return
        try:
            with Path(path).open("x", encoding="utf-8") as file:
                file.write(self.export_screenshot(title="kbview", simplify=True))
            self._say(f"{path}: written")
        except FileExistsError:
            self._say(f"{path}: exists; name another file")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
            self._say(f"{path}: cannot be written: {reason}")
