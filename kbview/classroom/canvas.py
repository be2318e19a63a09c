"""The canvas: the rows of the presenter's screen as they were sent last."""

from collections.abc import Sequence

from kbview.classroom.message import Picture


class Canvas:
    """Finds the rows that changed, so that only these are sent."""

    def __init__(self) -> None:
        self._width = 0
        self._rows: list[str] = []

    def draw(self, width: int, rows: Sequence[str]) -> Picture | None:
        """The rows that differ from the last drawing; None if none does."""
        if width != self._width or len(rows) != len(self._rows):
            self._width, self._rows = width, list(rows)
            return self.whole
        changed = {at: row for at, row in enumerate(rows) if row != self._rows[at]}
        self._rows = list(rows)
        return Picture(width, len(rows), whole=False, rows=changed) if changed else None

    @property
    def whole(self) -> Picture:
        """All rows, for a follower that has not seen the last drawing."""
        return Picture(self._width, len(self._rows), whole=True, rows=dict(enumerate(self._rows)))
