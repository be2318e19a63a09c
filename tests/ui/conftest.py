"""Whatever a test of the screens opened is closed after it."""

from collections.abc import Iterator

import pytest

from tests.ui.screens import OPENED


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()
