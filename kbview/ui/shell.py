"""The shell: one player, one frame timer, the keys, and an orderly end whatever happens."""

import asyncio
import signal
from collections.abc import Callable, Iterable
from functools import partial
from time import monotonic
from typing import Any, ClassVar

from rich.console import RenderableType
from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.screen import ModalScreen, Screen
from textual.timer import Timer

from kbview.state.player import Player
from kbview.tape.source import SourceError
from kbview.ui.audience import Audience
from kbview.ui.controls import Controls
from kbview.ui.datapaths import Datapaths
from kbview.ui.desk import Answer
from kbview.ui.explain import Explain
from kbview.ui.files import Files
from kbview.ui.finder import Finder
from kbview.ui.keys import AT_ONCE, KEYS, PROMPTS, of
from kbview.ui.line import Line
from kbview.ui.opening import Opening
from kbview.ui.palette import Palette, key_commands, run_commands, word_commands
from kbview.ui.projector import Projector, drawn_rows
from kbview.ui.screens import VIEWS
from kbview.ui.sentence import reached
from kbview.ui.session import NOTHING, Offers, Opened, Session
from kbview.ui.teaching import Teaching
from kbview.ui.teletype import AsciiTeletype, BackgroundTold, Teletype
from kbview.ui.terminal import Look, served
from kbview.ui.theme import Theme
from kbview.ui.view import View

_SENTENCE_S = 4.0
_ADVICE_S = 15.0  # for a sentence that a slow line shows late
_LONGEST_S = 0.5  # a machine that slept must not play what it missed in one frame


_TYPED_INTO = (ModalScreen, CommandPalette, Finder)


class Shell(App[None]):
    """Turns frames of time into rows on boards, and sees to an orderly end.

    `opened` is the source that is to be shown next, None if the viewer has had enough.
    """

    TITLE = "kbview"
    DEFAULT_MODE = VIEWS[0].view
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key.keys, key.bound, key.meaning, id=key.id, priority=key.id in AT_ONCE)
        for key in KEYS
        if not key.view
    ]

    def __init__(
        self,
        player: Player,
        seen: Look,
        fps: int,
        offers: Offers = NOTHING,
        audience: Audience | None = None,
    ) -> None:
        teletype = AsciiTeletype if seen.ascii else Teletype
        super().__init__(None if served() else teletype, ansi_color=True)
        self._player = player
        self._themes = seen.themes
        self._period_s = 1 / fps
        self._asks = seen.asks
        self._failed = 0
        self.opened: Opened | None = None
        self._hushing: Timer | None = None
        self._line = Line(self, partial(self.say, for_s=_ADVICE_S))
        self._session = Session(player, seen.theme, ascii_only=seen.ascii, offers=offers)
        self._views = {kind.view: kind(self._session) for kind in VIEWS}
        for name in self._views:
            self.add_mode(name, partial(self._views.__getitem__, name))
        self.theme = seen.theme.textual
        self._controls = Controls(self._session, self)
        self._explain = Explain(self._session, self)
        self._teaching = Teaching(self._session, self)
        picture = partial(self.export_screenshot, title="kbview", simplify=True)
        self._projector = Projector(audience, self._session, self, partial(drawn_rows, self))
        self._commands = {
            **self._controls.commands,
            **Datapaths(self._session, self).commands,
            **Files(self._session, self, picture).commands,
            **self._explain.commands,
            **Opening(self._session, self).commands,
            **self._teaching.commands,
            **self._projector.commands,
        }

    @property
    def look(self) -> Theme:
        """The theme that the viewer has chosen."""
        return self._session.theme

    @property
    def failure(self) -> Exception | None:
        """The exception that ended the screen, if it was a mistake of the program; None otherwise."""
        return self._exception

    def _fatal_error(self) -> None:
        """Leave the screen without Textual's page of locals: the caller says it in a line."""
        self._close_messages_no_wait()

    def on_mount(self) -> None:
        """Start the clock, and leave a usable terminal behind when told to end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
            loop.add_signal_handler(number, self._end, 128 + number)
        if self._asks and isinstance(self._driver, Teletype):
            self._driver.ask_background()
        self._before_s = monotonic()
        self._timer = self.set_interval(self._period_s, self._frame)
        self.attempt(self._teaching.take)
        self._controls.go_to(self._session.offers.at)
        self._projector.begin(loop)

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """The screen as SVG. Spaces are kept in every viewer, not in browsers alone."""
        picture = super().export_screenshot(title=title, simplify=simplify)
        return picture.replace("<svg ", '<svg xml:space="preserve" ', 1)

    async def on_event(self, event: events.Event) -> None:
        """The first key ends the greeting. A digit answers the question of a lesson."""
        if isinstance(event, events.Resize):
            self._line.resized()
        greeting = self._session.offers.greeting
        if isinstance(event, events.Key) and greeting and self._session.message == greeting:
            self._session.message = ""
            self._redraw()
        if isinstance(event, events.Key) and self.view and self._teaching.chosen(event.key):
            return
        await super().on_event(event)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette finds the commands of the keys, the runs, and every word of the dictionary."""
        del screen
        yield from key_commands(self.view.keys if self.view else of(""), self.run_action)
        yield from run_commands(self._controls.run)
        yield from word_commands(self._explain.words(), self._explain.word)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that opens a prompt comes before other keys; in a box it is a character."""
        name = parameters[0] if action == "press" else action
        return name not in PROMPTS or not isinstance(self.screen, _TYPED_INTO)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Draw on the terminal, and then for the class."""
        self._line.send(renderable, partial(super()._display, screen))
        self._projector.drawn()

    def _frame(self) -> None:
        """Draw the time that passed since the last frame; in a pause only a live tape grows."""
        now_s = monotonic()
        elapsed_s, self._before_s = min(now_s - self._before_s, _LONGEST_S), now_s
        if self._teaching.busy:
            self.attempt(self._teaching.frame)
            self._redraw()
            return
        played = self._player.playing
        self.attempt(partial(self._player.tick, elapsed_s))
        if self._player.said:
            said, self._player.said = self._player.said, ""
            event = self._player.state.last_event
            at_goal = said.startswith("reached") and event is not None
            self.say(reached(said, event, self.size.width) if at_goal and event else said)
        if played:
            self._line.played(elapsed_s)
        if played and self.view and not self._line.behind:
            self.view.advance()
        if played and (self._player.ended or not self._player.playing):
            self.moved()

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Show the error of a source that cannot go on; the picture stays to be read."""
        if self._failed:
            return None
        try:
            return act()
        except SourceError as error:
            self._player.stop()
            self._failed = error.exit_code
            self._session.message, self._session.failed = str(error), True
            return None

    def moved(self) -> None:
        """Draw it all; no timer and no bytes in a pause, unless a live source has to be drawn from."""
        player = self._player
        player.playing = player.playing and not player.ended and not self._failed
        grows = player.source.capabilities.live and not player.source.ended and not self._failed
        if player.playing or grows or self._teaching.busy:
            self._before_s = monotonic()
            self._timer.resume()
        else:
            self._timer.pause()
        self._redraw()

    def _redraw(self) -> None:
        if self.view:
            self.view.show()

    def on_line_gone(self) -> None:
        """The terminal was closed: end as if by SIGHUP."""
        self._end(128 + signal.SIGHUP)

    @property
    def view(self) -> View | None:
        """The screen on top if nothing covers it; None as well while the app is closing."""
        top = self.screen_stack[-1:]
        return top[0] if top and isinstance(top[0], View) else None

    def say(self, message: str, for_s: float = _SENTENCE_S) -> None:
        """A sentence that goes away again."""
        self._session.message = message
        self._redraw()
        if self._hushing is not None:
            self._hushing.stop()  # that of an earlier sentence would end this one early
        self._hushing = self.set_timer(for_s, self._hush)

    def _hush(self) -> None:
        if not self._failed:
            self._session.message = ""
            self._redraw()

    def show_view(self, name: str) -> None:
        """Show one of the screens, as its key does."""
        self.call_later(self.action_view, name)

    def turn_to(self, opened: Opened) -> None:
        """Leave; the caller shows the other source."""
        self.opened = opened
        self._end(0)

    def ask(self, box: Screen[Answer], then: Callable[[Answer | None], None]) -> None:
        """Show a box and call `then` with its answer; None if it was left."""
        self.push_screen(box, then)

    def action_press(self, key: str) -> None:
        """Run the command of the key with this id. It ends the answer to the command before."""
        answered = bool(self._session.message) and not self._failed
        if answered:
            self._session.message = ""
        self._commands[key]()
        if answered and not self._session.message:
            self._redraw()

    async def action_view(self, name: str) -> None:
        """Show one of the screens; boxes above it are closed."""
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        await self.switch_mode(name)

    def action_theme(self) -> None:
        """The next theme that the terminal can show."""
        themes = self._themes
        self._asks = False  # the viewer has chosen; an answer that comes later changes nothing
        self._recolour(themes[(themes.index(self._session.theme) + 1) % len(themes)])
        self.say(f"theme: {self._session.theme}")

    def _recolour(self, theme: Theme) -> None:
        self._session.theme = theme
        self.theme = theme.textual
        for view in self._views.values():
            for board in view.boards:
                board.recolour(theme)

    def on_background_told(self, told: BackgroundTold) -> None:
        """The terminal is light: use the light theme, unless the viewer has chosen."""
        if self._asks and told.light:
            self._recolour(Theme.LIGHT)
        self._asks = False

    def action_command_palette(self) -> None:
        """Textual's palette, held still."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette(id="--command-palette"))

    def action_end(self) -> None:
        """Quit at once; if the source failed, with its exit code."""
        self._end(self._failed)

    def action_interrupt(self) -> None:
        """Quit at once, as a command that was interrupted."""
        self._end(self._failed or 128 + signal.SIGINT)

    def _end(self, code: int) -> None:
        self._projector.end()
        self._session.close()
        self.exit(return_code=code)
