"""Datapaths: the commands that send the running traffic another way."""

from functools import partial

from kbview.ui import format as fmt
from kbview.ui.chooser import Chooser, Item
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
        able = [one.name for one in self._player.source.choices() if not one.refusal]
        others = [name for name in able if name != current]
        if not others:
            self._desk.say(f"this source has a fixed datapath, {current}")
        elif current != names[0]:
            self._switch(names[0])
        else:
            self._switch(self._bypass or others[0])

    def choose(self) -> None:
        """The box with every datapath, its line, and the reason for each that cannot serve."""
        choices = self._player.source.choices()
        current = self._player.state.datapath
        if not choices:
            self._desk.say(f"this source has a fixed datapath, {current}")
            return
        items = [Item(one.name, one.refusal or one.summary, enabled=not one.refusal) for one in choices]
        box = Chooser(
            "Send the traffic through", items, current, self._session.theme, self._session.ascii
        )
        self._desk.ask(box, self._chosen)

    def _chosen(self, name: str | None) -> None:
        if name is not None and name != self._player.state.datapath:
            self._switch(name)

    def _switch(self, name: str) -> None:
        behind = self._player.behind_ps > 0
        refusal = self._desk.attempt(partial(self._player.switch, name))
        if refusal == "" and name != self._player.source.datapaths()[0]:
            self._bypass = name
        self._desk.moved()
        if refusal:
            self._desk.say(f"{self._player.state.datapath} stays: {refusal}")
        elif behind:
            at = fmt.clock(self._player.state.now_ps)
            self._desk.say(f"{name} begins at the end of the tape, {at}: the view went there")
