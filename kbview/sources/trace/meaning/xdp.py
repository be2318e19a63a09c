"""XDP: the decisions of its programs that have a tracepoint. There is no sk_buff yet, and no number.

Passing a frame on has no tracepoint; an exception and a redirection have.
"""

from kbview.sources.trace.meaning.interrupts import Handler
from kbview.sources.trace.meaning.machine_state import Cpu, MachineState
from kbview.sources.trace.meaning.record import TraceRecord
from kbview.tape.events import NO_PACKET, XdpRan


class Xdp:
    """The meaning of the xdp tracepoints of the watched interface."""

    def __init__(self, machine: MachineState) -> None:
        self._machine = machine
        self.handlers: dict[str, Handler] = {
            "xdp_exception": self._decided,
            "xdp_redirect": self._decided,
        }

    def _decided(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        action, index = record.values
        if index == self._machine.target.index:
            self._machine.tell(XdpRan(time_ps, cpu.number, NO_PACKET, str(action).lower()))
