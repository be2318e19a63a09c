"""The lessons that can be opened: bundled files, and files of the user's own folder."""

import os
from importlib.resources import files
from pathlib import Path

import msgspec
import platformdirs

from kbview.lesson.fault import LessonError
from kbview.lesson.lesson import Lesson
from kbview.lesson.reader import SUFFIX, read

TOUR = "tour"
_MOST = 500  # files of a folder that are looked at


class ShelvedLesson(msgspec.Struct, frozen=True):
    """A lesson with its file, and a sentence about a clash of names, "" if there is none."""

    lesson: Lesson
    path: Path
    note: str = ""

    @property
    def own(self) -> bool:
        """Whether the file lies in the user's own folder."""
        return self.path.parent != _bundled()


def _bundled() -> Path:
    return Path(str(files("kbview"))) / "lessons"


def own_folder() -> Path:
    """The folder of the user's own lessons. Errors: RuntimeError where the user has no home."""
    return platformdirs.user_data_path("kbview") / "lessons"


def language() -> str:
    """The language of the environment as two or three letters, "" if there is none."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        word = os.environ.get(name, "").partition(".")[0].partition("_")[0].lower()
        if word and word not in ("c", "posix"):
            return word if word.isascii() and word.isalpha() and len(word) <= 3 else ""
    return ""


def lessons(tongue: str = "") -> tuple[list[ShelvedLesson], list[str]]:
    """All lessons in order, the tour first, and a line for each file that is none.

    A lesson of the user's own with the name of a bundled lesson replaces it, and says so.
    """
    found: dict[str, ShelvedLesson] = {}
    faults: list[str] = []
    for path in [*_in(_bundled()), *_own()]:
        try:
            lesson = read(path, tongue)
        except LessonError as error:
            faults.append(str(error))
            continue
        clash = f"{path} replaces the bundled lesson {lesson.id}" if lesson.id in found else ""
        found[lesson.id] = ShelvedLesson(lesson, path, clash)
    order = sorted(found.values(), key=lambda each: (each.lesson.id != TOUR, _order(each.lesson)))
    return order, faults


def find(name: str, tongue: str = "") -> ShelvedLesson:
    """The lesson of a name, or in a file (`.toml`). Errors: LessonError with a line for a person."""
    if name.endswith(SUFFIX):
        return ShelvedLesson(read(Path(name), tongue), Path(name))
    shelved, faults = lessons(tongue)
    for each in shelved:
        if each.lesson.id == name:
            return each
    broken = next((fault for fault in faults if fault.startswith(f"{name}.")), "")
    known = ", ".join(each.lesson.id for each in shelved)
    raise LessonError(broken or f"{name[:60]}: no such lesson; use one of {known}")


def _order(lesson: Lesson) -> tuple[bool, int, str]:
    """Lessons with a place in a course by their place, then the others by name."""
    return (lesson.order == 0, lesson.order, lesson.id)


def _own() -> list[Path]:
    try:
        return _in(own_folder())
    except RuntimeError:  # no home
        return []


def _in(folder: Path) -> list[Path]:
    """The lesson files of a folder, without translations; none where it cannot be read."""
    try:
        paths = sorted(folder.glob(f"*{SUFFIX}"))
    except OSError:
        return []
    return [path for path in paths if "." not in path.name.removesuffix(SUFFIX)][:_MOST]
