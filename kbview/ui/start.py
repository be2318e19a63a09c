"""Where the screen starts: the terminal is looked at first, then Textual is imported."""

import os

from kbview.state.player import Player
from kbview.tape.source import Source
from kbview.ui.options import Options
from kbview.ui.session import NOTHING, Offers
from kbview.ui.terminal import look
from kbview.ui.theme import Theme


def run(source: Source, options: Options, offers: Offers = NOTHING) -> int:
    """Show the source until the viewer has had enough; the exit code for the process.

    Errors: SourceError when the source cannot even begin; later ones are shown on the screen.
    """
    seen = look(options)
    os.environ["TEXTUAL_COLOR_SYSTEM"] = seen.color_system  # these two are read at import
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    if seen.theme is not Theme.MONO:
        os.environ.pop("NO_COLOR", None)  # set but empty, or overruled by an option
    from kbview.ui.shell import Shell

    try:
        frames_per_second = options.frames_per_second
        player = Player(source, frame_s=1 / frames_per_second)
        shell = Shell(player, seen, frames_per_second, offers)
        shell.run(mouse=False)  # nothing needs it, and its tracking would be traffic
    finally:
        source.close()
    if shell.failure is not None:
        raise shell.failure
    return shell.return_code or 0
