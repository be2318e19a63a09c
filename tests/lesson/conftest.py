"""Whatever a walk opened is closed after it, and bookmarks are nobody's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lesson.walking import OPENED


@pytest.fixture(autouse=True)
def _closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield
    while OPENED:
        OPENED.pop().close()
