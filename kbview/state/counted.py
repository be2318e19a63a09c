"""The meters at any record: believed where a sample may be, counted from the events elsewhere."""

from kbview.tape.detail import Detail
from kbview.tape.events import Event
from kbview.tape.meter import Meters, Sample
from kbview.tape.totals import count


class Counted:
    """Meters and the detail of the stretch they are in."""

    def __init__(self) -> None:
        self.meters = Meters()
        self.detail = Detail.METERS

    def apply(self, record: Event) -> None:
        """Fold one record.

        Between events of the finest detail only an exact sample is better than counting.
        """
        if isinstance(record, Sample):
            if record.exact or self.detail < Detail.STEPS:
                self.meters = record.meters.copy()
            self.detail = record.detail
        elif self.detail is Detail.STEPS:
            count(self.meters, record)

    def copy(self) -> "Counted":
        """An independent copy."""
        twin = Counted()
        twin.meters, twin.detail = self.meters.copy(), self.detail
        return twin
