"""TCP by RFC 9293: a state machine without machine, clock, or bytes on a wire.

    segment in, user call, timer  -->  Connection  -->  segments out, data delivered, states passed

The caller is the kernel, a stack in user space or an ideal peer. It passes the time, sends the segments
and calls again at `due_ps`. Payload is a number of bytes; the bytes themselves are kept only if the
writer gave them.

Modelled: RFC 9293 with the checks of RFC 5961, window scaling (RFC 7323), congestion control (RFC 5681,
6582, 3042, 6928), SACK (RFC 2018, 6675), bytes counted (RFC 3465), the retransmission timer (RFC 6298).
Not modelled: time stamps, urgent data, keep-alive.
"""

from kbview.emulator.protocol.tcp.connection import Connection
from kbview.emulator.protocol.tcp.outcome import Outcome
from kbview.emulator.protocol.tcp.parameters import Parameters
from kbview.emulator.protocol.tcp.segment import Segment, reset_for
from kbview.emulator.protocol.tcp.state import ConnectionState

__all__ = ["Connection", "ConnectionState", "Outcome", "Parameters", "Segment", "reset_for"]
