"""The lcore of a UDP stack: the stack and the application take turns in one thread.

    rx_burst --> the stack, each frame --> port queues --> the application's turn --> tx_burst
        ^                                                                                |
        '--------------------------------------------------------------------------------'

F-Stack: lib/ff_dpdk_if.c main_loop(). Demikernel: the libOS polls the device inside wait()
"""

from kbview.emulator.bypass.mempool import MempoolCache
from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.bypass.poll_loop import PollLoop
from kbview.emulator.datapaths.dpdk_udp.port_queue import PortQueues
from kbview.emulator.datapaths.dpdk_udp.socket_calls import SocketCalls
from kbview.emulator.datapaths.dpdk_udp.udp_input import UdpInput
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import Core
from kbview.tape.meter import SocketMeter


class UdpLcore(PollLoop):
    """The thread of a core."""

    def __init__(
        self,
        core: Core,
        ports: list[PortQueue],
        mbufs: MempoolCache,
        queues: PortQueues,
        way_up: UdpInput,
        calls: SocketCalls,
    ) -> None:
        super().__init__(core, ports)
        self._mbufs = mbufs
        self._queues = queues
        self._way_up = way_up
        self._calls = calls
        self._finishing = False

    def wait_anew(self) -> None:
        """Traffic has ended: wait for frames in the ring, not for arrivals or timeouts."""
        self._finishing = True
        super().wait_anew()

    @property
    def due_ps(self) -> int:
        """When the oldest incomplete datagram is given up; NEVER_PS without one."""
        defrag = self._way_up.defrag
        return NEVER_PS if defrag is None or self._finishing else defrag.due_ps

    @property
    def held(self) -> int:
        """Frames in receive queues and in reassembly."""
        defrag = self._way_up.defrag
        return self._queues.held + (0 if defrag is None else defrag.held)

    def sockets(self) -> dict[str, SocketMeter]:
        """The meters of its sockets."""
        return self._queues.meters()

    def abandon(self) -> None:
        """Drop the fragments that wait."""
        if self._way_up.defrag is not None:
            self._way_up.give_up(self._way_up.defrag.give_up())
            self._return_mbufs()

    def _next_ready_ps(self) -> int:
        if self._queues.ready:
            return self._core.now_ps
        return min(super()._next_ready_ps(), self.due_ps)

    def _poll_ports(self) -> Process:
        core, way_up = self._core, self._way_up
        for port in self._ports:
            for frame in port.rx_burst(core):
                way_up.receive(frame)
            if self.due_ps <= core.now_ps and way_up.defrag is not None:
                way_up.give_up(way_up.defrag.expire(core.now_ps))
            self._calls.run()
            self._return_mbufs()
            if way_up.outgoing:
                outgoing, way_up.outgoing = way_up.outgoing, []
                yield from self._send(port, outgoing, passed_on=False)

    def _return_mbufs(self) -> None:
        """Count the mbufs that the round has freed, less those that it has allocated."""
        freed, self._way_up.freed = self._way_up.freed, 0
        if freed:
            self._mbufs.put(freed)
