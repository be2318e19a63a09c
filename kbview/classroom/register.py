"""The register: answers of followers that gave a name, as files for `kbview lessons grade`.

Followers without a name are in no file.
"""

import re
from pathlib import Path

import msgspec

from kbview.classroom.ballot import Ballot
from kbview.state.slide import LessonPlace
from kbview.tape.source import SourceError

_PLAIN = re.compile(r"[^a-z0-9]+")
_MOST = 2000  # students and lessons


class Register:
    """Collects named answers, and writes a file for each student and lesson to a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._answers: dict[tuple[str, str], dict[int, str]] = {}

    def enter(self, place: LessonPlace, ballot: Ballot) -> None:
        """Add the named answers to the question at a place; a later answer replaces an earlier one."""
        for answer in ballot.named:
            key = (answer.name.strip(), place.lesson)
            if key in self._answers or len(self._answers) < _MOST:
                self._answers.setdefault(key, {})[place.step + 1] = answer.text.strip()

    def write(self) -> int:
        """Write the files; how many. Errors: SourceError where one cannot be written."""
        for number, ((name, lesson), answers) in enumerate(sorted(self._answers.items()), 1):
            plain = _PLAIN.sub("-", name.casefold()).strip("-")[:40]
            path = self._folder / f"{number:03}-{plain or 'student'}-{lesson[:40]}.toml"
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                with path.open("x", encoding="utf-8") as file:
                    file.write(_text(name, lesson, answers))
            except OSError as error:
                raise SourceError(f"{path}: cannot be written: {error.strerror}", 1) from error
        return len(self._answers)


def _text(name: str, lesson: str, answers: dict[int, str]) -> str:
    lines = [f"student = {_quoted(name)}", f"lesson = {_quoted(lesson)}", "seed = 1"]
    for step, answer in sorted(answers.items()):
        lines += ["", "[[prediction]]", f"step = {step}", f"answer = {_quoted(answer)}"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()
