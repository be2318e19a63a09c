"""One connection: user calls, segments and timers in; outcomes out (RFC 9293, 3.10)."""

from collections.abc import Callable

from kbview.emulator.protocol.tcp import opening
from kbview.emulator.protocol.tcp.arrival import synchronized
from kbview.emulator.protocol.tcp.block import Tcb
from kbview.emulator.protocol.tcp.outcome import Outcome
from kbview.emulator.protocol.tcp.parameters import Parameters
from kbview.emulator.protocol.tcp.segment import Segment
from kbview.emulator.protocol.tcp.state import RECEIVING, ConnectionState, Happening

_BEFORE: dict[ConnectionState, Callable[[Tcb, Segment, int], str]] = {
    ConnectionState.CLOSED: opening.closed,
    ConnectionState.LISTEN: opening.listen,
    ConnectionState.SYN_SENT: opening.syn_sent,
}
_HANDSHAKE = (ConnectionState.SYN_SENT, ConnectionState.SYN_RECEIVED)
_WRITABLE = (*_HANDSHAKE, ConnectionState.ESTABLISHED, ConnectionState.CLOSE_WAIT)

_RESET_BY_ABORT = (*RECEIVING, ConnectionState.SYN_RECEIVED, ConnectionState.CLOSE_WAIT)


class NotConnectedError(Exception):
    """A call that the state does not permit; the message is the name of the error number."""


class Connection:
    """`tcb` may be looked at; it changes only through the calls here. Times are picoseconds, absolute.

    `iss` is chosen by whoever opens (RFC 6528 has a clock and a hash for it, both theirs).
    """

    def __init__(self, parameters: Parameters, iss: int) -> None:
        self.tcb = Tcb(parameters, iss)

    @property
    def state(self) -> ConnectionState:
        """The state."""
        return self.tcb.state

    @property
    def due_ps(self) -> int:
        """Time of the next call of `expire`, ps; NEVER_PS if no timer runs."""
        tcb = self.tcb
        sender = tcb.sender
        return min(
            sender.retransmit_due_ps, sender.persist_due_ps, tcb.receiver.ack_due_ps, tcb.wait_due_ps
        )

    # ---- user calls ------------------------------------------------------------------------

    def open(self, now_ps: int) -> Outcome:
        """Active OPEN: send a SYN."""
        tcb = self.tcb
        tcb.become(Happening.ACTIVE_OPEN)
        tcb.send_syn(now_ps)
        return self._outcome()

    def listen(self) -> Outcome:
        """Passive OPEN: wait for a SYN."""
        self.tcb.become(Happening.PASSIVE_OPEN)
        return self._outcome()

    def send(self, length: int, now_ps: int, data: bytes | None = None) -> Outcome:
        """Write `length` bytes; `data`, where given, must have that length."""
        if self.tcb.state not in _WRITABLE or self.tcb.closing:
            raise NotConnectedError("EPIPE")
        self.tcb.sender.write(length, data)
        self.tcb.transmit(now_ps)
        return self._outcome()

    def read(self, length: int, now_ps: int) -> Outcome:
        """The user read `length` delivered bytes: the receive buffer has room for more."""
        if self.tcb.state is not ConnectionState.CLOSED:
            self.tcb.receiver.read(length)
            self.tcb.transmit(now_ps)
        return self._outcome()

    def close(self, now_ps: int) -> Outcome:
        """CLOSE: a FIN follows the written text; the peer may still send."""
        tcb = self.tcb
        if tcb.closing or tcb.state is ConnectionState.CLOSED:
            raise NotConnectedError("ENOTCONN")
        tcb.closing = True
        if tcb.state in (ConnectionState.LISTEN, ConnectionState.SYN_SENT):
            tcb.delete()
        elif tcb.state is not ConnectionState.SYN_RECEIVED:  # there it waits for ESTABLISHED
            tcb.sender.fin = True
            tcb.become(Happening.CLOSE)
            tcb.transmit(now_ps)
        return self._outcome()

    def abort(self) -> Outcome:
        """ABORT: reset the peer and forget the connection."""
        tcb = self.tcb
        if tcb.state in _RESET_BY_ABORT:
            tcb.send_reset()
        tcb.delete()
        return self._outcome()

    # ---- segments and timers ---------------------------------------------------------------

    def arrive(self, segment: Segment, now_ps: int) -> Outcome:
        """SEGMENT ARRIVES (3.10.7)."""
        tcb = self.tcb
        arrives = _BEFORE.get(tcb.state, synchronized)
        reason = arrives(tcb, segment, now_ps)
        tcb.outcome.reason = tcb.outcome.reason or reason
        if tcb.state is not ConnectionState.CLOSED:
            tcb.transmit(now_ps)
        return self._outcome()

    def expire(self, now_ps: int) -> Outcome:
        """Handle the timers that are due by `now_ps` (3.10.8)."""
        tcb = self.tcb
        sender, receiver = tcb.sender, tcb.receiver
        if tcb.wait_due_ps <= now_ps:
            tcb.delete()
            return self._outcome()
        if sender.retransmit_due_ps <= now_ps:
            self._retransmit(now_ps)
        elif sender.persist_due_ps <= now_ps:
            self._probe(now_ps)
        if receiver.ack_due_ps <= now_ps:
            receiver.delay_is_over()
        if tcb.state is not ConnectionState.CLOSED:
            tcb.transmit(now_ps)
        return self._outcome()

    def _retransmit(self, now_ps: int) -> None:
        tcb = self.tcb
        if tcb.state in _HANDSHAKE:
            if tcb.syns > tcb.parameters.syn_retries:
                tcb.delete("ETIMEDOUT")
                return
            tcb.sender.rto.back_off()
            tcb.send_syn(now_ps)
        elif tcb.sender.expiries >= tcb.parameters.retries:
            tcb.delete("ETIMEDOUT")
        else:
            tcb.sender.timed_out(now_ps)

    def _probe(self, now_ps: int) -> None:
        tcb = self.tcb
        if tcb.sender.expiries >= tcb.parameters.retries:
            tcb.delete("ETIMEDOUT")
        else:
            tcb.send(tcb.sender.probe(now_ps), now_ps)

    def _outcome(self) -> Outcome:
        outcome, self.tcb.outcome = self.tcb.outcome, Outcome()
        return outcome
