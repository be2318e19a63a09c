"""Datapaths: the commands that send the running traffic another way."""

from functools import partial

from kbview.ui.chooser import Chooser
from kbview.ui.desk import Commands, Desk
from kbview.ui.session import Session


class Datapaths:
    """Remembers which bypass was chosen last, for the toggle."""

    def __init__(self, session: Session, desk: Desk) -> None:
        self._session = session
        self._player = session.player
        self._desk = desk
        self._bypass = ""  # the last datapath chosen that is not the source's first

    @property
    def commands(self) -> Commands:
        """A command for each key that changes the datapath, by the key's id."""
        return {"toggle": self.toggle, "choose": self.choose}

    def toggle(self) -> None:
        """Between the source's first datapath and the bypass that was chosen last."""
        names = self._player.source.datapaths()
        current = self._player.state.datapath
        others = [name for name in names if name != current]
        if not others:
            self._desk.say(f"this source has a fixed datapath, {current}")
        elif current != names[0]:
            self._switch(names[0])
        else:
            self._switch(self._bypass or others[0])

    def choose(self) -> None:
        """The box with all of them."""
        names = self._player.source.datapaths()
        if names:
            current = self._player.state.datapath
            box = Chooser(
                "Send the traffic through", names, current, self._session.theme, self._session.ascii
            )
            self._desk.ask(box, self._chosen)
        else:
            self._desk.say(f"this source has a fixed datapath, {self._player.state.datapath}")

    def _chosen(self, name: str | None) -> None:
        if name is not None and name != self._player.state.datapath:
            self._switch(name)

    def _switch(self, name: str) -> None:
        if name != self._player.source.datapaths()[0]:
            self._bypass = name
        if self._player.behind_ps:
            self._desk.say("only at the end of the tape can the datapath be changed: this is the end")
        self._desk.attempt(partial(self._player.switch, name))
        self._desk.moved()
