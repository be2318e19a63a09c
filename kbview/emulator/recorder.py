"""Collects the events of the model and releases them in time order.

Cores run a little ahead of each other, so events come slightly out of order. They wait here until
every core is past their time.
"""

from operator import attrgetter

from kbview.tape.detail import Detail
from kbview.tape.events import Event

_TIME = attrgetter("time_ps")


class Recorder:
    """The listener of the model. Test `milestones` or `steps` before you make an event."""

    def __init__(self) -> None:
        self.milestones = False
        self.steps = False
        self._waiting: list[Event] = []
        self.emit = self._waiting.append

    @property
    def detail(self) -> Detail:
        """The level of detail that events are made for."""
        return Detail(self.milestones + self.steps)

    @detail.setter
    def detail(self, detail: Detail) -> None:
        self.milestones = detail >= Detail.MILESTONES
        self.steps = detail >= Detail.STEPS

    @property
    def quiet(self) -> bool:
        """Whether no event waits."""
        return not self._waiting

    def release(self, until_ps: int) -> list[Event]:
        """Remove and return the events up to `until_ps`, in time order."""
        waiting = self._waiting
        waiting.sort(key=_TIME)
        count = len(waiting)
        while count and waiting[count - 1].time_ps > until_ps:
            count -= 1
        released = waiting[:count]
        del waiting[:count]
        return released
