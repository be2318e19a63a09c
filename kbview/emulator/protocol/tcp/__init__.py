"""TCP as RFC 9293 has it: a state machine without machine, clock, or bytes on a wire.

    segment in, user call, timer  -->  Connection  -->  segments out, data delivered, states passed

Whoever runs it (the kernel, a stack in user space, an ideal peer) says what time it is, puts what
comes out on its own wire, and asks `due_ps` when to come back. Payload is a count; the bytes
themselves are carried along only if the writer gave them.

Kept: RFC 9293 with the checks of RFC 5961, window scaling (RFC 7323), congestion control (RFC 5681,
6582, 3042, 6928), the retransmission timer (RFC 6298). Left out: SACK, time stamps, urgent data,
keep-alive.
"""

from kbview.emulator.protocol.tcp.connection import Connection
from kbview.emulator.protocol.tcp.outcome import Outcome
from kbview.emulator.protocol.tcp.parameters import Parameters
from kbview.emulator.protocol.tcp.segment import Segment, reset_for
from kbview.emulator.protocol.tcp.state import TcpState

__all__ = ["Connection", "Outcome", "Parameters", "Segment", "TcpState", "reset_for"]
