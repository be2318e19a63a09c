"""Recent files: the paths that were opened lately, newest first, in a text file of the user's."""

from contextlib import suppress
from pathlib import Path

import platformdirs

MOST = 20
_LONGEST = 4096  # characters of a path


def _place() -> Path:
    return platformdirs.user_state_path("kbview") / "recent"


def files() -> list[str]:
    """The paths, newest first; none if nothing was remembered, or nobody may read it."""
    try:
        lines = _place().read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except (OSError, RuntimeError):
        return []
    return [line for line in lines if line and len(line) <= _LONGEST][:MOST]


def remember(word: str) -> None:
    """Put a file first. A word that names no file is left out; a folder without rights is no error."""
    path = Path(word)
    with suppress(OSError, RuntimeError, ValueError):
        if not path.is_file() or "\n" in word or "\r" in word:
            return
        name = str(path.resolve())
        place = _place()
        place.parent.mkdir(parents=True, exist_ok=True)
        kept = [name, *(other for other in files() if other != name)][:MOST]
        text = "".join(f"{line}\n" for line in kept)
        place.write_text(text, encoding="utf-8", errors="surrogateescape")
