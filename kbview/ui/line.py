"""The line to the terminal: no frame is sent while earlier frames are under way.

At 64 kbit/s a screen of 200x55 takes a second, and frames that queue in sshd and TCP would delay each
key by all of them. A frame waits until the terminal has shown the bytes before it, and then holds the
newest state. Once, a sentence says that the terminal stays behind for seconds.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any, cast

from rich.console import RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.timer import Timer

from kbview.ui.raster import Differences
from kbview.ui.teletype import Teletype

_AGAIN_S = 0.05  # between two looks at a line that is behind
_MEAN_S = 5.0  # over which the share of frames that were left out is taken
_SLOW = 0.5  # the share of frames left out on a slow line
_OVER_SSH = (
    "This line is slow: frames are left out. `ssh -C` compresses them to a fifth; "
    "--low-bandwidth draws less often."
)
_HERE = "This terminal is slow: frames are left out. --low-bandwidth draws less often."


def remedy(environ: Mapping[str, str] = os.environ) -> str:
    """The sentence about a slow line, with the command that makes it faster."""
    return _OVER_SSH if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY") else _HERE


class Line:
    """The terminal of an app. In a browser and in tests without a terminal nothing is left out.

    `warn` is called once, when half of the frames of some seconds were left out.
    """

    def __init__(self, app: App[None], warn: Callable[[str], None]) -> None:
        self._app = app
        self._warn = warn
        self._late: Timer | None = None
        self._share = 0.0
        self._warned = False

    @property
    def behind(self) -> bool:
        """Whether the terminal has not shown the frames before."""
        return self._teletype is not None and self._teletype.behind

    def played(self, elapsed_s: float) -> None:
        """Take a period of play into the share of frames that were left out; warn above a half."""
        self._share += (self.behind - self._share) * min(elapsed_s / _MEAN_S, 1.0)
        if self._share > _SLOW and not self._warned:
            self._warned = True
            self._warn(remedy())

    def resized(self) -> None:
        """The terminal has other cells, perhaps not those that were sent."""
        if self._teletype is not None:
            self._teletype.raster.forget()

    def send(self, renderable: RenderableType | None, display: Callable[[Any], None]) -> None:
        """Display the update, or leave it out and draw the whole screen when the line is free."""
        teletype = self._teletype
        if teletype is None:
            display(renderable)
        elif teletype.behind:
            if self._late is None:
                self._late = self._app.set_interval(_AGAIN_S, self._draw_late)
        else:
            if isinstance(renderable, LayoutUpdate | ChopsUpdate):
                renderable = cast(
                    "RenderableType", Differences(renderable, teletype.raster, self._app.size.width)
                )
            display(renderable)
            teletype.drawn()

    def _draw_late(self) -> None:
        if self._late is not None and not self.behind:
            self._late.stop()
            self._late = None
            self._app.screen.refresh()

    @property
    def _teletype(self) -> Teletype | None:
        driver = self._app._driver
        return driver if isinstance(driver, Teletype) else None
