"""Where the screen starts: the terminal is looked at first, then Textual is imported."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from kbview.state.player import Player
from kbview.tape.source import Source
from kbview.ui import keys
from kbview.ui.loading import keep, loading
from kbview.ui.options import Options
from kbview.ui.session import NOTHING, Offers, Opened
from kbview.ui.terminal import Look, look
from kbview.ui.theme import Theme

if TYPE_CHECKING:
    from kbview.ui.audience import Audience
    from kbview.ui.shell import Shell


def run(
    source: Source,
    options: Options,
    offers: Offers = NOTHING,
    keymap: Mapping[str, str] = {},
    audience: "Audience | None" = None,
) -> int:
    """Show the source until the viewer has had enough; the exit code for the process.

    `keymap` gives commands other keys, by the id of the command. An `audience` sees the screen as well.
    Errors: SourceError when the source cannot even begin; later ones are shown on the screen.
    """
    keys.KEYS = keys.remapped(keymap)  # before the screens are imported, which bind them
    seen = look(options)
    os.environ["TEXTUAL_COLOR_SYSTEM"] = seen.color_system  # these two are read at import
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    if seen.theme is not Theme.MONO:
        os.environ.pop("NO_COLOR", None)  # set but empty, or overruled by an option
    shown = Opened(source, offers)
    while True:
        shell = _show(shown, seen, options.frames_per_second, audience)
        if shell.failure is not None:
            raise shell.failure
        if shell.opened is None:
            return shell.return_code or 0
        shown = shell.opened
        seen = msgspec.structs.replace(seen, theme=shell.look, asks=False)


def _show(shown: Opened, seen: Look, frames_per_second: int, audience: "Audience | None") -> "Shell":
    """One source until the viewer leaves it."""
    try:
        with loading():
            from kbview.ui.shell import Shell

            keep()
            player = Player(shown.source, frame_s=1 / frames_per_second)
            shell = Shell(player, seen, frames_per_second, shown.offers, audience)
        shell.run(mouse=False)  # nothing needs it, and its tracking would be traffic
    finally:
        shown.source.close()
    return shell
