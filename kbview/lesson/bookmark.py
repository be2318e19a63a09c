"""Bookmarks: the step at which each lesson was left, in a file of the user's state folder.

A folder that cannot be read or written is no error: the lessons then begin at their first step.
"""

from contextlib import suppress
from pathlib import Path

import msgspec
import platformdirs

_MOST_BYTES = 1 << 16
_MOST = 200  # lessons


class Bookmarks(msgspec.Struct):
    """`last` is the lesson that was left last, "" if none was; `steps` are numbered from 0."""

    last: str = ""
    steps: dict[str, int] = {}


def _place() -> Path:
    return platformdirs.user_state_path("kbview") / "lessons.json"


def bookmarks() -> Bookmarks:
    """The bookmarks in the file; empty if the file is missing or damaged."""
    try:
        with _place().open("rb") as file:
            return msgspec.json.decode(file.read(_MOST_BYTES), type=Bookmarks)
    except (OSError, RuntimeError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Bookmarks()


def keep(lesson: str, step: int) -> None:
    """Put the bookmark of a lesson at a step."""
    found = bookmarks()
    steps = {lesson: step, **{name: at for name, at in found.steps.items() if name != lesson}}
    _write(Bookmarks(lesson, dict(list(steps.items())[:_MOST])))


def drop(lesson: str) -> None:
    """Remove the bookmark of a lesson that has been read to its end."""
    found = bookmarks()
    steps = {name: at for name, at in found.steps.items() if name != lesson}
    _write(Bookmarks("" if found.last == lesson else found.last, steps))


def _write(marks: Bookmarks) -> None:
    with suppress(OSError, RuntimeError):
        place = _place()
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(marks))
        fresh.replace(place)
