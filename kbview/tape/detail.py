"""Detail: how much a producer tells. Meters are always there; events are as fine as asked."""

from enum import IntEnum


class Detail(IntEnum):
    """A dial. Whatever it says, the meters agree with a count of the events of the finest detail."""

    METERS = 0
    MILESTONES = 1
    STEPS = 2
