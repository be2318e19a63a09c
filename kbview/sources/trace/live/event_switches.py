"""EventSwitches: which events of our instance are on, by the detail and by the watched tasks."""

import contextlib

from kbview.sources.trace.live import filters
from kbview.sources.trace.live.instance import Instance
from kbview.sources.trace.meaning.machine_state import WatchedInterface
from kbview.sources.trace.meaning.table import TRACEPOINTS, Scope, Tracepoint
from kbview.tape.detail import Detail


class EventSwitches:
    """Switches the instance's events on and off, by the detail and by the watched tasks."""

    def __init__(self, instance: Instance, target: WatchedInterface) -> None:
        self._instance = instance
        self._target = target
        self._pids: frozenset[int] = frozenset()
        self._on: set[str] = set()
        self.points = [point for point in TRACEPOINTS if self._exists(point)]

    def _exists(self, point: Tracepoint) -> bool:
        """Whether this kernel has it, and the interface anything to do with it."""
        if point.scope is Scope.VECTOR and not self._target.vectors:
            return False
        return (self._instance.path / _folder(point)).is_dir()

    def set_detail(self, detail: Detail) -> None:
        """Record the events that this detail needs."""
        for point in self.points:
            if point.detail <= detail and point.name not in self._on:
                self._filter(point)
                self._instance.write(f"{_folder(point)}/enable", "1")
                self._on.add(point.name)
            elif point.detail > detail and point.name in self._on:
                self._instance.write(f"{_folder(point)}/enable", "0")
                self._on.discard(point.name)

    def follow(self, pids: frozenset[int]) -> None:
        """Record these tasks' reads and writes as well."""
        if pids == self._pids:
            return
        self._pids = pids
        for point in self.points:
            if point.scope in (Scope.WATCHED, Scope.AWAKE) and point.name in self._on:
                self._filter(point)

    def _filter(self, point: Tracepoint) -> None:
        text = filters.text(point.scope, self._target, self._pids)
        with contextlib.suppress(OSError):  # a field it does not have: all of its passes, then
            self._instance.write(f"{_folder(point)}/filter", text)


def _folder(point: Tracepoint) -> str:
    return f"events/{point.system}/{point.name}"
