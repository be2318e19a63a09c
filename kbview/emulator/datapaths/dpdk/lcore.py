"""An lcore: a thread that has a core to itself and runs to completion.

    rx_burst -> the application's work on each frame -> free the mbuf, or tx_burst

With several queues it polls them in turn, and each empty queue costs a poll.
DPDK: examples/skeleton, examples/l2fwd
"""

from kbview.emulator.burst_work import Work
from kbview.emulator.bypass.burst_runs import BurstRuns
from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.bypass.poll_loop import PollLoop
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core


class Lcore(PollLoop):
    """The thread with the application's work. `runs` are None where it takes each burst by itself."""

    def __init__(
        self, core: Core, ports: list[PortQueue], work: Work, runs: BurstRuns | None = None
    ) -> None:
        super().__init__(core, ports)
        self._work = work
        self._runs = runs

    def _poll_ports(self) -> Process:
        core, work = self._core, self._work
        if self._runs is not None and self._runs.take(core):
            return
        for port in self._ports:
            frames = port.rx_burst(core)
            outgoing = work.take(core, frames)
            port.release(len(frames) - len(outgoing))
            if outgoing:
                yield from self._send(port, outgoing, passed_on=work.passes_on)
