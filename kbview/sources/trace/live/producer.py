"""The kernel's tracepoints as a producer: the records of an interface, told as they come.

    instance  →  EventSwitches  which events are on, for which tasks
              →  Buffers   records, merged by time
              →  Interpreter   events, counted

Needs its rights until it is closed: the instance is removed with them.
"""

import os
import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from kbview.sources.choosing.own_connection import OwnConnection
from kbview.sources.linux import stale
from kbview.sources.linux.tracefs import refusal
from kbview.sources.linux.undo import Undoable
from kbview.sources.trace.live import interface
from kbview.sources.trace.live.buffers import Buffers
from kbview.sources.trace.live.event_switches import EventSwitches
from kbview.sources.trace.live.instance import Instance
from kbview.sources.trace.live.socket_names import SocketNames
from kbview.sources.trace.live.symbols import Symbols
from kbview.sources.trace.meaning import capabilities
from kbview.sources.trace.meaning.interpreter import Interpreter
from kbview.sources.trace.meaning.machine_state import Task
from kbview.sources.trace.meaning.record import TraceRecord
from kbview.sources.trace.meaning.stations import stations
from kbview.sources.trace.meaning.transition import lose_sight
from kbview.sources.watching.clock import WatchClock
from kbview.sources.watching.producer import Producer, WatchedPath
from kbview.tape.detail import Detail
from kbview.tape.events import Event
from kbview.tape.meter import Meters

# All buffers together; 4 MB of a core hold some 50 thousand records, a second of 5000 packets/s.
_BUFFERS_KB, _LEAST_KB, _MOST_KB = 65_536, 512, 8192
_REMOVED = "somebody else removed kbview's trace instance"
_LOOK_S = 0.5  # between two looks at whether interface and instance are still there


class TraceProducer(Undoable, Producer):
    """Watches one interface. `pids` are tasks that are to be watched from the start.

    `index` is the interface's in this namespace; None for an interface elsewhere, known by its name.
    `numbers` are given to the packets; None: from 0 on. Packets that come in on the connection `own`
    are left out.
    """

    name = "tracefs"

    def __init__(
        self,
        device: str,
        clock: WatchClock,
        *,
        index: int | None = None,
        pids: Iterable[int] = (),
        buffer_kb: int | None = None,
        numbers: Iterator[int] | None = None,
        own: OwnConnection | None = None,
    ) -> None:
        self._index = index
        self._target = target = interface.target(device, index, Symbols(), numbers, own)
        self._physical = index is not None and interface.is_physical(device)
        self.way = WatchedPath("kernel", capabilities.SUMMARY, stations(physical=self._physical))
        self._missed_before = self._missed()
        self.meters = capabilities.METERS
        self._pids: set[int] = set()
        self._ended: str | None = None
        self._looked_s = 0.0
        self._pending: list[TraceRecord] = []
        self._names = SocketNames(here=index is not None)
        self.interpreter = Interpreter(target, clock.of_monotonic_ns, self._found)
        for pid in pids:
            self.interpreter.watch(pid, interface.task_name(pid))
        self._to_ps = clock.of_monotonic_ns
        self._instance: Instance | None = None
        self._buffers: Buffers | None = None
        with self.undone_on_error():
            self.instance = self._instance = Instance(buffer_kb or _share())
            try:
                self._open()
            except OSError as error:
                raise refusal(error) from error

    def _open(self) -> None:
        self.instance.write("tracing_on", "0")
        self._switches = EventSwitches(self.instance, self._target)
        self._switches.follow(frozenset(self._pids))
        self._switches.set_detail(Detail.METERS)
        self.interpreter.expect(self._switches.points)
        self._buffers = self._reader = Buffers(self.instance, self._switches.points)

    def start(self) -> None:
        self.instance.write("tracing_on", "1")

    def _found(self, task: Task) -> None:
        self._pids.add(task.pid)

    # ---- reading ---------------------------------------------------------------------------

    def settled_ps(self) -> int:
        self._look()
        try:
            buffered = self._reader.read()
            self._switches.follow(frozenset(self._pids))
        except OSError:
            self._ended = self._ended or _REMOVED
            return self._to_ps(time.monotonic_ns())
        self._pending += buffered.records
        return max(0, self._to_ps(buffered.until_ns))

    def _look(self) -> None:
        """Now and then: is everything still as we left it?"""
        now_s = time.monotonic()
        if now_s - self._looked_s < _LOOK_S or self._ended:
            return
        self._looked_s = now_s
        self._forget_the_dead()
        device = self._target.device
        if self._index is not None and not interface.is_there(device, self._index):
            self._ended = f"{device} is gone: somebody removed the interface"
        elif not self.instance.recording():
            self._ended = "somebody else switched tracing off in kbview's instance"

    def _forget_the_dead(self) -> None:
        """A filter has room for some tasks only, and their numbers come again."""
        for pid in [pid for pid in self._pids if not stale.lives(pid)]:
            self._pids.discard(pid)
            self.interpreter.forget(pid)

    def take(self, until_ps: int) -> list[Event]:
        """The events of the records up to there."""
        pending, to_ps = self._pending, self._to_ps
        count = bisect_right(pending, until_ps, key=lambda record: to_ps(record.time_ns))
        self.interpreter.hear(pending[:count])
        del pending[:count]
        return self.interpreter.release(until_ps)

    def give_up(self, now_ps: int) -> list[Event]:
        """The last events: packets under way end unseen, and records not taken yet are dropped."""
        self._pending.clear()
        machine = self.interpreter.machine
        for tracked in machine.tracked_skbs.under_way():
            lose_sight(machine, now_ps, machine.cpu(0), tracked)
        return self.interpreter.release(now_ps)

    def show(self, meters: Meters) -> None:
        self._names.look(self.interpreter.machine.sockets.values())
        own = self.interpreter.meters()
        for name in capabilities.LEVELS:
            setattr(meters, name, getattr(own, name))
        missed = self._missed() - self._missed_before
        meters.missed = missed
        meters.arrived += missed

    def _missed(self) -> int:
        """Frames for which the ring had no room, as the interface itself counts them."""
        return interface.missed(self._target.device) if self._physical else 0

    @property
    def damaged(self) -> int:
        """Pages and records that were damaged."""
        return self._reader.damaged

    @property
    def ended(self) -> str | None:
        return self._ended

    def set_detail(self, detail: Detail) -> None:
        self.interpreter.set_detail(detail)
        try:
            self._switches.set_detail(detail)
        except OSError:
            self._ended = self._ended or _REMOVED

    def undo(self) -> None:
        """The readers first: an instance that is open cannot be removed."""
        self._names.close()
        if self._buffers is not None:
            self._buffers.close()
        if self._instance is not None:
            self._instance.close()


def _share() -> int:
    """The buffer of a core, kilobytes."""
    return max(_LEAST_KB, min(_MOST_KB, _BUFFERS_KB // (os.cpu_count() or 1)))
