"""Opening: the commands that open another source, and that restart this one with other settings."""

from functools import partial

from kbview.tape.source import SourceError
from kbview.ui.desk import Commands, Desk
from kbview.ui.finder import Finder, FinderItem
from kbview.ui.prompt import Prompt
from kbview.ui.session import Library, Session, SettingRow

_ALONE = "this screen shows one source only"
_NO_LESSONS = "there are no lessons here; `kbview lessons` lists them"
_LESSON = "lesson "  # begins the word under which a lesson stands among the sources
_RESTART = "restart"


class Opening:
    """Keeps the settings that were changed until the source restarts with them."""

    def __init__(self, session: Session, desk: Desk) -> None:
        self._session = session
        self._desk = desk
        self._changes: dict[str, str] = {}

    @property
    def commands(self) -> Commands:
        """A command for each key, by the key's id."""
        return {"open": self.open, "lessons": self.lessons, "settings": self.settings}

    @property
    def _library(self) -> Library | None:
        return self._session.offers.library

    # ---- another source --------------------------------------------------------------------

    def open(self) -> None:
        """The list of everything that can be opened."""
        self._list("Open", "", _ALONE)

    def lessons(self) -> None:
        """The list of the lessons alone."""
        self._list("Lessons", _LESSON, _NO_LESSONS)

    def _list(self, title: str, begin: str, none: str) -> None:
        """The sources with words that begin so; the sentence `none` if there are none."""
        shelf = self._library.shelf() if self._library is not None else ()
        items = [
            FinderItem(one.word, one.kind, one.caption, one.caption)
            for one in shelf
            if one.word.startswith(begin)
        ]
        if items:
            box = Finder(title, items, self._session.theme, self._session.ascii)
            self._desk.ask(box, self._opened)
        else:
            self._desk.say(none)

    def _opened(self, word: str | None) -> None:
        if word is None or self._library is None:
            return
        try:
            self._desk.turn_to(self._library.open(word))
        except SourceError as error:
            self._desk.say(str(error))

    # ---- settings --------------------------------------------------------------------------

    def settings(self) -> None:
        """The form with every setting of this source."""
        if self._library is None or not self._library.settings():
            self._desk.say("this source has no settings: it shows what happened")
            return
        self._form("")

    def _form(self, marked: str) -> None:
        rows = self._library.settings() if self._library is not None else ()
        items = [self._item(row) for row in rows]
        changed = ", ".join(f"{key} = {value}" for key, value in self._changes.items())
        told = f"with {changed}" if changed else "without a change"
        restart = FinderItem(_RESTART, "do", told, f"Start anew from time 0, {told}.")
        title = "Settings: Enter changes one"
        box = Finder(title, [restart, *items], self._session.theme, self._session.ascii, marked)
        self._desk.ask(box, self._taken)

    def _item(self, row: SettingRow) -> FinderItem:
        value = self._changes.get(row.key, row.value)
        unit = f" {row.unit}" if row.unit else ""
        mark = "changed" if row.key in self._changes else "set" if row.value != row.default else ""
        told = " ".join(filter(None, [f"{value}{unit}".ljust(24), row.meaning]))
        detail = f"{row.key} = {value}{unit}: {row.explained}"
        return FinderItem(row.key, mark, told, detail)

    def _taken(self, name: str | None) -> None:
        if name is None:
            self._changes = {}
        elif name == _RESTART:
            self._restart()
        else:
            self._ask(name)

    def _ask(self, key: str) -> None:
        rows = self._library.settings() if self._library is not None else ()
        row = next(row for row in rows if row.key == key)
        hint = row.bounds or row.unit or row.meaning
        value = self._changes.get(key, row.value)
        box = Prompt(f"{key} =", hint, value, self._session.theme, self._session.ascii)
        self._desk.ask(box, partial(self._set, row))

    def _set(self, row: SettingRow, value: str | None) -> None:
        if value is not None and value.strip() == row.value:
            self._changes.pop(row.key, None)
        elif value is not None and value.strip():
            self._changes[row.key] = value.strip()
        self._form(_RESTART if value is not None else row.key)

    def _restart(self) -> None:
        changes, self._changes = list(self._changes.items()), {}
        if self._library is None:
            return
        try:
            self._desk.turn_to(self._library.restart(changes))
        except SourceError as error:
            self._changes = dict(changes)
            self._desk.say(str(error))
