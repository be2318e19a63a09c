"""The source of a lesson: a bundled scenario or recording, else a file beside the lesson."""

from pathlib import Path

from kbview.lesson.fault import LessonError
from kbview.sources.emulated.opener import bundled
from kbview.sources.resolve import recording


def located(word: str, folder: str) -> str:
    """The SOURCE word that opens it. Errors: LessonError if there is none of that name."""
    if word in bundled():
        return word
    if found := recording(word):
        return found
    path = Path(folder) / word
    if path.is_file():
        return str(path)
    raise LessonError(
        f"source {word!r} is no bundled scenario or recording, and no file beside the lesson"
    )
