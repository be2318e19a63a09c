"""Explain: the commands that select a part of the screen, explain or copy it, and find a word."""

from functools import cached_property, partial

from kbview.ui.desk import Commands, Desk
from kbview.ui.dictionary import Dictionary, dictionary
from kbview.ui.help import Help, HelpScreen, Section
from kbview.ui.session import Session
from kbview.ui.terminal import served

_SERVED = "a viewer in a browser copies with the browser's own keys"
_MOST_COPIED = 4096  # characters; terminals refuse a long OSC 52


class Explain:
    """Makes the text of the help from the screen on top and from the dictionary."""

    def __init__(self, session: Session, desk: Desk) -> None:
        self._session = session
        self._desk = desk

    @property
    def commands(self) -> Commands:
        """A command for each key, by the key's id."""
        return {
            "help": self.help,
            "select": partial(self.select, 1),
            "select_back": partial(self.select, -1),
            "unselect": self.unselect,
            "copy": self.copy,
        }

    @cached_property
    def _handed(self) -> tuple[tuple[str, str], ...]:
        return tuple(self._session.offers.words())

    @cached_property
    def _settings(self) -> list[tuple[str, str]]:
        library = self._session.offers.library
        return [(row.key, row.explained) for row in library.settings()] if library is not None else []

    def _dictionary(self) -> Dictionary:
        player = self._session.player
        return dictionary(player.source, player.state, self._handed, self._settings)

    def words(self) -> list[tuple[str, str]]:
        """Every word of the dictionary with its kind, once."""
        return list({one.word: one.kind for one in self._dictionary().definitions}.items())

    def select(self, by: int) -> None:
        """Select the next part of the screen."""
        view = self._desk.view
        if view is not None:
            view.select(by)
            self._desk.say(f"{view.selected}: ? explains it" if view.selected else "nothing selected")

    def unselect(self) -> None:
        """Select no part."""
        if self._desk.view is not None:
            self._desk.view.unselect()

    def copy(self) -> None:
        """Copy the chosen row of the screen, or its sentence, to the terminal's clipboard."""
        view = self._desk.view
        if served():
            self._desk.say(_SERVED)
        elif view is not None:
            text = view.copied[:_MOST_COPIED]
            if text:
                self._desk.copy_to_clipboard(text)
            self._desk.say(f"sent to the clipboard: {text}" if text else "nothing to copy here")

    def help(self) -> None:
        """The selected part, the words, and the keys and numbers of this screen."""
        self._open("")

    def word(self, word: str) -> None:
        """What the dictionary and the screen say of one word."""
        self._open(word)

    def _open(self, sought: str) -> None:
        view = self._desk.view
        if view is None:
            return
        words = self._dictionary()
        keys = [(key.shown, key.meaning) for key in view.keys]
        selected: list[Section] = []
        if view.selected:
            selected = [(f"selected: {view.selected}", view.account(view.selected, words))]
        screen = [(f"keys of the {view.title_text}", keys), *view.help]
        text = Help(selected, words, screen)
        box = HelpScreen(text, self._session.theme, self._session.ascii, sought)
        self._desk.ask(box, lambda _: None)
