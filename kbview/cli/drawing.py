"""The exports that draw a screen: a moment as SVG, a stretch of the tape as a cast for asciinema."""

import argparse
from typing import TYPE_CHECKING

from kbview.cli import headway
from kbview.tape.source import SourceError

if TYPE_CHECKING:
    from kbview.tape.source import Source

_SVG, _CAST = "svg", "cast"
DRAWN = (_SVG, _CAST)
_WIDEST, _HIGHEST = 500, 200


def drawn(arguments: argparse.Namespace, source: "Source") -> bytes:
    """The file; SourceError with one line for a size, a screen or a stretch that cannot be drawn."""
    from kbview.ui.picture import SCREENS, draw

    size = _size(arguments.size)
    if arguments.screen not in SCREENS:
        known = ", ".join(SCREENS)
        raise SourceError(f"--screen {arguments.screen}: there is none of this name; use {known}", 2)
    end_ps = source.tape.end_ps if source.tape is not None else 0
    if arguments.to == _CAST:
        return _cast(arguments, source, size, end_ps)
    at_ps = end_ps if arguments.at is None else arguments.at
    return draw(source, arguments.screen, size, at_ps).encode()


def _cast(arguments: argparse.Namespace, source: "Source", size: tuple[int, int], end_ps: int) -> bytes:
    from kbview.cli.exports.file_format import origin
    from kbview.ui import cast

    until_ps = end_ps if arguments.until is None else min(arguments.until, end_ps)
    stretch = cast.Excerpt(arguments.since or 0, until_ps)
    title = origin(source.heading)
    shares = [0.0]
    with headway.shown(_CAST, lambda: shares[-1]):
        return cast.record(source, arguments.screen, size, stretch, title, shares.append)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise SourceError(f"--size {text}: not a size; write it as 80x24", 2)
    if int(width) > _WIDEST or int(height) > _HIGHEST:
        raise SourceError(f"--size {text}: too large; use at most {_WIDEST}x{_HIGHEST}", 2)
    return int(width), int(height)
