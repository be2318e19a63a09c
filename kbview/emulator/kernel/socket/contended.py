"""Sockets that cores contend for: a queue's lock and the lines that it protects move between cores.

    softirq -- lock -- append -- wake one reader -- unlock
       ^
       |     slab: memory of the sk_buffs that other cores have freed (reader_lines)
       |
    reader  -- lock -- take -- unlock -- copy, free

Before Linux 4.13 softirq and readers of a UDP socket take the same lock for each packet. Since then a
reader takes packets from a queue of its own (`reader_queue`), which it fills with all that softirq has
queued, so only readers of the same socket contend. A wake-up is exclusive: a packet wakes one reader.

Linux: net/ipv4/udp.c __udp_enqueue_schedule_skb(), __skb_recv_udp(), commit 2276f58ac589 "udp: use a
separate rx queue for packet reception"; net/core/datagram.c prepare_to_wait_exclusive()
"""

from collections import deque
from collections.abc import Container

from kbview.emulator.hardware.contention import Lock
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.kernel.skb import SkbCache, charge
from kbview.emulator.kernel.socket.socket import Socket
from kbview.emulator.kernel.socket.socket_table import SocketTable
from kbview.emulator.kernel.socket.wait import WaitQueue
from kbview.packet.frame import Frame

SOCKET_LINES = 4  # lock with the queue's head; sk_rmem_alloc; sk_forward_alloc; the last packet's links
READER_LINES = 2  # lock with the queue's head; forward_deficit


class ExclusiveWaits(WaitQueue):
    """A wait queue for several tasks: a wake-up makes the task runnable that has slept longest."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self._behind: deque[tuple[Core, Context]] = deque()

    def put_to_sleep(self, core: Core, task: Context) -> None:
        """Make a task sleep behind the tasks that sleep already."""
        if self.sleeper is None:
            super().put_to_sleep(core, task)
            return
        self._behind.append((core, task))
        task.runnable = False

    def wake(self, waker: Core) -> None:
        """Make the first sleeper runnable; no effect without a sleeper."""
        super().wake(waker)
        if self._behind:
            self.sleeper = self._behind.popleft()


class ContendedSocket(Socket):
    """A socket with a lock. The lock is softirq's as well, or the readers' alone.

    `distance` is the way of the packet that was taken last, from the core that queued it to the core
    that took it. Softirq pays `reader_lines` once for each of its sk_buffs that another core has freed.
    """

    def __init__(self, table: "ContendedTable", name: str, rcvbuf: int) -> None:
        super().__init__(table, name, stream=False, rcvbuf=rcvbuf)
        prices = table.machine.prices
        self._lines = prices.step("reader_lines")
        self._one_lock = table.one_lock
        self._lock = Lock(prices, SOCKET_LINES if table.one_lock else READER_LINES)
        self._owed: dict[int, int] = {}  # sk_buffs of a core that other cores have freed
        self._queuers: deque[Core] = deque()  # of each packet in the queue

    def receive(self, core: Core, frame: Frame) -> None:
        """As `Socket.receive`, under the lock where softirq takes it; a full buffer needs no lock."""
        if self.queued + charge(frame) > self.rcvbuf:
            super().receive(core, frame)
            return
        if self._one_lock:
            self._lock.take(core)
        owed = self._owed.get(core.number, 0)
        if owed:
            self._owed[core.number] = owed - 1
            core.spend(self._lines, frame.packet)
        self._queuers.append(core)
        super().receive(core, frame)
        if self._one_lock:
            self._lock.release(core)

    def dequeue(self, core: Core, limit: int) -> list[Frame]:
        """As `Socket.dequeue`, under the lock."""
        self._lock.take(core)
        taken = super().dequeue(core, limit)
        self._lock.release(core)
        queuer = self._queuers.popleft()
        self.distance = queuer.place.distance(core.place)
        if queuer is not core and self._lines.cost_ps:
            self._owed[queuer.number] = self._owed.get(queuer.number, 0) + 1
        return taken


class ContendedTable(SocketTable):
    """The sockets of one reader, or of all readers of the same sockets.

    `one_lock`: softirq takes the lock of a socket's readers, as before Linux 4.13.
    """

    def __init__(
        self,
        machine: Machine,
        reader: Core,
        cache: SkbCache,
        sizes: tuple[int, int],
        closed: Container[int],
        suffix: str,
        *,
        one_lock: bool,
    ) -> None:
        super().__init__(machine, reader, cache, sizes[0], sizes[1], closed, suffix)
        self.one_lock = one_lock
        self.waiters = ExclusiveWaits(machine)
        for step in ("spin_lock", "reader_lines"):
            machine.prices.step(step)  # the path has them from its start, sockets are made later

    def make(self, name: str, stream: bool, rcvbuf: int) -> Socket:
        """A socket for a captured stream, or for datagrams that cores contend for."""
        return Socket(self, name, stream, rcvbuf) if stream else ContendedSocket(self, name, rcvbuf)
