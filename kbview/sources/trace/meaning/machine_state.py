"""The machine at one moment of a trace: its cores, tasks, packets and sockets. It decides nothing.

Cpu    which task, which softirq run, which packets climb the layers here
Task   whether it is watched, and which system call it is in
"""

from collections.abc import Callable, Iterator
from itertools import count

import msgspec

from kbview.sources.trace.meaning.ledger import CoreLedger, LedgerStep, idle
from kbview.sources.trace.meaning.outbox import EventOutbox
from kbview.sources.trace.meaning.tracked_skb import SocketQueue, TrackedSkb, TrackedSkbs
from kbview.tape.events import Account, Event

MOST_CPUS = 4096
_MOST_TASKS = 8192
_MOST_SOCKETS = 4096
_TCP = (6, "IPPROTO_TCP")


class WatchedInterface(msgspec.Struct, frozen=True):
    """The subject of a trace: an interface, its interrupts with the queue of each, and our own tasks.

    `calls_of_watched`: system calls are recorded of watched tasks only.
    `locate` says in which function an address lies, `name_of` how a task is called.
    `budget` and `budget_ps` are net_rx_action's (netdev_budget, netdev_budget_usecs), the kernel's
    defaults unless `budgets_read` says that they are this machine's. `rcvbuf` is the
    default limit of datagram and of stream sockets, bytes. 0 is unknown. `numbers` are for the packets,
    the next for each. `own` is a TCP connection that is not told: the port here, and the peer.
    """

    device: str
    vectors: dict[int, int] = {}
    ourselves: frozenset[int] = frozenset()
    calls_of_watched: bool = False
    index: int | None = None
    budget: int = 300
    budget_ps: int = 8_000_000_000
    budgets_read: bool = False
    rcvbuf: tuple[int, int] = (0, 0)
    locate: Callable[[int | str], str] = str
    name_of: Callable[[int], str] = lambda _: ""
    numbers: Iterator[int] = msgspec.field(default_factory=count)
    own: tuple[int, str] | None = None


class TracedCall(msgspec.Struct, gc=False):
    """A system call that a task is in; `taken` are packets it has read."""

    name: str
    begun_ps: int
    cpu: int
    fd: int | None = None
    copied: bool = False
    told: bool = False
    taken: list[TrackedSkb] = msgspec.field(default_factory=list)


class Task(msgspec.Struct, gc=False):
    """A task. `step` is its work when it runs."""

    pid: int
    name: str
    step: LedgerStep
    watched: bool = False
    woken: bool = False  # and has not run since
    traced: bool = False  # its system calls are recorded
    call: TracedCall | None = None


class SoftirqRun(msgspec.Struct, gc=False):
    """One run of net_rx_action. `ours` once a packet or poll of the watched interface was in it."""

    begun_ps: int
    by: str
    ours: bool = False
    work: int = 0
    raised: bool = False
    received: bool = False  # a packet of ours since the last poll ended


class Interrupt(msgspec.Struct, gc=False):
    """A hard interrupt that is being handled."""

    begun_ps: int
    number: int
    told: bool = False


class Cpu:
    """One core's moment. `climbing` are packets that no layer has decided about yet, oldest first."""

    def __init__(self, number: int, ledger: CoreLedger) -> None:
        self.number = number
        self.ledger = ledger
        self.task = Task(0, "idle", idle())
        self.heard = False  # whether there was a record of it
        self.run: SoftirqRun | None = None
        self.interrupt: Interrupt | None = None
        self.climbing: list[TrackedSkb] = []
        self.current: TrackedSkb | None = None  # the packet that TCP works on
        self.ready: TrackedSkb | None = None  # the packet that the record before queued
        self.filled: int | str | None = None  # the socket that was filled since the last packet came
        self.held: TrackedSkb | None = None  # the last that GRO was given
        self.sending: dict[int | str, tuple[int, int, int]] = {}  # time, packet, queue
        self.raised_by = "local_bh_enable"  # how the receive softirq will be entered
        self.limit = 0  # of the socket that was just found full


class MachineState:
    """All of it."""

    def __init__(self, target: WatchedInterface, found: Callable[[Task], None]) -> None:
        self.target = target
        self._found = found
        self.outbox = EventOutbox()
        self.tracked_skbs = TrackedSkbs(target.numbers)
        self.cpus: dict[int, Cpu] = {}
        self.tasks: dict[int, Task] = {}
        self.sockets: dict[int | str, SocketQueue] = {}
        self._named: dict[str, int] = {}
        self.calls_told = False  # whether returns from reading calls are recorded, and
        self.reads_told = False  # reads of sockets, and
        self.probes_told = False  # segments with their socket, and
        self.ends_told = False  # each end but TCP's own __kfree_skb

    def tell(self, event: Event) -> None:
        """Say it; the outbox puts it in order."""
        self.outbox.tell(event)

    def cpu(self, number: int) -> Cpu:
        """A core, new when it is first heard of."""
        cpu = self.cpus.get(number)
        if cpu is None:
            cpu = self.cpus[number] = Cpu(number, CoreLedger(number, self.outbox.tell))
        return cpu

    def task(self, pid: int, name: str = "") -> Task:
        """A task; its work is unknown until a record tells it."""
        task = self.tasks.get(pid)
        if task is None:
            name = name or self.target.name_of(pid)
            if len(self.tasks) >= _MOST_TASKS:
                self.tasks = {at: task for at, task in self.tasks.items() if task.call is not None}
            task = self.tasks[pid] = Task(pid, name, _default_step(pid, name))
        elif name and name != task.name:
            task.name = name
            if not task.watched and task.call is None:
                task.step.account = _default_step(pid, name).account
        return task

    def follow(self, task: Task) -> None:
        """Its calls and switches are worth telling from now on."""
        if not task.watched and task.pid:
            task.watched = True
            task.step.name = task.call.name if task.call else task.step.name
            self._found(task)

    def socket(self, address: int | str | None, protocol: object) -> SocketQueue:
        """A socket by the address of its struct sock; without one, all of a protocol share a queue."""
        stream = protocol in _TCP
        kind = "tcp" if stream else "udp"
        queue = self.sockets.get(kind if address is None else address)
        if queue is None:
            self._forget_sockets()
            self._named[kind] = number = self._named.get(kind, 0) + 1
            key = kind if address is None else f"{kind} #{number}"
            rcvbuf = self.target.rcvbuf[stream]
            queue = SocketQueue(key, rcvbuf, stream=stream, several=address is None)
            self.sockets[kind if address is None else address] = queue
        return queue

    def _forget_sockets(self) -> None:
        if len(self.sockets) >= _MOST_SOCKETS:
            self.sockets = {at: queue for at, queue in self.sockets.items() if queue.tracked_skbs}


def _default_step(pid: int, name: str) -> LedgerStep:
    """The step of a task before any record of it: idle, softirqs in a thread, or its own work."""
    if pid == 0:
        return idle()
    return LedgerStep("", Account.KSOFTIRQD if name.startswith("ksoftirqd/") else Account.USER)
