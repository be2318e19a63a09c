"""What a person may ask of the screen."""

from typing import Literal, get_args

import msgspec

Color = Literal["auto", "none", "16", "256"]
ThemeName = Literal["auto", "dark", "light", "ansi", "mono"]

COLORS: tuple[Color, ...] = get_args(Color)
THEMES: tuple[ThemeName, ...] = get_args(ThemeName)
LOW_BANDWIDTH_FPS = 2


class Options(msgspec.Struct, frozen=True):
    """fps: frames a second. theme "auto" follows the number of colours and the background."""

    fps: int = 10
    color: Color = "auto"
    theme: ThemeName = "auto"
    ascii: bool = False
    low_bandwidth: bool = False

    @property
    def frames_per_second(self) -> int:
        """How often the screen is drawn in play."""
        fps = max(1, min(self.fps, 60))
        return min(fps, LOW_BANDWIDTH_FPS) if self.low_bandwidth else fps
