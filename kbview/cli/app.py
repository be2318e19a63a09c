"""`kbview [SOURCE]`: the app; without SOURCE a flood of small datagrams."""

import argparse
import os
import sys
from io import BufferedReader
from typing import TYPE_CHECKING

from kbview.cli import options, privilege, quantity
from kbview.cli.command import Command
from kbview.cli.errors import UNSUPPORTED, complain
from kbview.cli.piped import stream_of
from kbview.state.destination import EXAMPLES
from kbview.ui.loading import loading
from kbview.ui.options import COLORS, THEMES
from kbview.ui.session import Opened

if TYPE_CHECKING:
    from kbview.ui.audience import Audience

DEMO = "overload-udp"  # where the kernel loses packets and a bypass does not
_PLACES = EXAMPLES.replace("%", "%%")
_REPORT = "http.pcap"  # has an end
_GREETING = (
    "A packet's way through Linux, and past it: n begins a tour of three minutes, "
    "t goes past the kernel, ? explains, o opens something else, q leaves."
)


class App(Command):
    """Opens the screen; where there can be none, says so and prints the report instead."""

    name = "app"
    summary = "the screen"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        options.add_source(parser, optional=True)
        self.add_screen(parser)

    def add_screen(self, parser: argparse.ArgumentParser) -> None:
        """How it begins, ends and looks."""
        add = parser.add_argument
        add("--datapath", metavar="NAME", help="the datapath to begin with")
        add("--at", metavar="PLACE", type=quantity.place, help=f"where to begin: {_PLACES}")
        add("--once", action="store_true", help="stop at the end of a capture instead of repeating it")
        self.add_looks(parser)

    def add_looks(self, parser: argparse.ArgumentParser) -> None:
        """How the screen looks, whatever it shows."""
        add = parser.add_argument
        add("--fps", type=int, metavar="N", help="frames a second (default 10)")
        add("--color", choices=COLORS, help="how many colours to use (default: auto)")
        add("--theme", choices=THEMES, help="dark, light, or the terminal's own (default: auto)")
        on_or_off = argparse.BooleanOptionalAction
        add("--ascii", action=on_or_off, help="no characters beyond ASCII")
        add("--low-bandwidth", action=on_or_off, help="fewer frames, for slow lines")

    def run(self, arguments: argparse.Namespace) -> int:
        from kbview.ui.terminal import unsuitable

        stream = _pipe() if arguments.source == "-" else stream_of(arguments.source or "")
        if (reason := unsuitable()) is not None:
            return self._without_screen(arguments, reason, stream)
        return self._on_screen(arguments, stream)

    def _on_screen(self, arguments: argparse.Namespace, stream: BufferedReader | None) -> int:
        greeting = "" if arguments.source else _GREETING
        arguments.source = arguments.source or DEMO
        with loading():
            from kbview.cli.library import open_first
            from kbview.cli.teaching import LateTutor

            source, offers = open_first(arguments, stream, LateTutor(arguments))
        return self.show(Opened(source, offers._replace(greeting=greeting)), arguments)

    def show(
        self, opened: Opened, arguments: argparse.Namespace, audience: "Audience | None" = None
    ) -> int:
        """Show a source on the screen, and to an audience if there is one; the exit code."""
        from kbview.cli import preferences
        from kbview.ui.start import run

        kept = preferences.read()
        chosen = preferences.options(arguments, kept)
        offers = opened.offers._replace(at=getattr(arguments, "at", None) or "")
        return run(opened.source, chosen, offers, kept.keys, audience)

    def _without_screen(
        self, arguments: argparse.Namespace, reason: str, stream: BufferedReader | None
    ) -> int:
        from kbview.cli import report_text
        from kbview.cli.choice import choice
        from kbview.cli.ending import Ending
        from kbview.cli.together import run_together
        from kbview.sources.resolve import resolve

        complain(reason)
        if sys.stdout.isatty() and not sys.stdin.isatty() and arguments.source != "-":
            return UNSUPPORTED
        source = resolve(arguments.source or _bundled(), choice(arguments, arguments.datapath), stream)
        privilege.drop(source, arguments.user)
        with Ending() as ending:
            until_ps = arguments.until and arguments.until[0]
            report_text.print_table(run_together([source], until_ps, ending))
        return ending.code


def _bundled() -> str:
    from kbview.sources.resolve import recording
    from kbview.tape.source import SourceError

    path = recording(_REPORT)
    if path is None:
        raise SourceError(f"the bundled recording {_REPORT} is missing; name a SOURCE", 2)
    return path


def _pipe() -> BufferedReader:
    """Standard input as a pipe; the keyboard becomes the terminal itself."""
    stream = os.fdopen(os.dup(0), "rb")
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        return stream
    os.dup2(terminal, 0)
    os.close(terminal)
    return stream
