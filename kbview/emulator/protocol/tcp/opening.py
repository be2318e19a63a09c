"""SEGMENT ARRIVES in the states before a connection has two sides: RFC 9293, 3.10.7.1 to 3.10.7.3.

Each function returns "" or the drop reason of the segment.
"""

from kbview.emulator.protocol.tcp.block import Tcb
from kbview.emulator.protocol.tcp.segment import Segment, reset_for, without_syn
from kbview.emulator.protocol.tcp.sequence import after
from kbview.emulator.protocol.tcp.state import Happening
from kbview.packet.tcp import ACK, FIN, RST, SYN
from kbview.tape.vocabulary import DropReason


def closed(tcb: Tcb, segment: Segment, _now_ps: int) -> str:
    """3.10.7.1: all data is discarded; every segment but a reset is answered with a reset."""
    _refuse(tcb, segment)
    return DropReason.TCP_CLOSE


def listen(tcb: Tcb, segment: Segment, now_ps: int) -> str:
    """3.10.7.2."""
    # First, check for a RST: this side has sent nothing that it could answer.
    if segment.flags & RST:
        return DropReason.TCP_RESET
    # Second, check for an ACK: bad, nothing was sent yet.
    if segment.flags & ACK:
        _refuse(tcb, segment)
        return DropReason.TCP_FLAGS
    # Third, check for a SYN. Text that comes with it is left for the peer to send again.
    if segment.flags & SYN and not segment.flags & FIN:
        tcb.take_syn(segment)
        tcb.passive = True
        tcb.become(Happening.SYN)
        tcb.send_syn(now_ps)
        return ""
    # Fourth, other data or control.
    return DropReason.TCP_FLAGS


def syn_sent(tcb: Tcb, segment: Segment, now_ps: int) -> str:
    """3.10.7.3."""
    sender = tcb.sender
    # First, check the ACK bit: it must be of our SYN.
    acked = bool(segment.flags & ACK)
    if acked and segment.ack != sender.snd_nxt:
        _refuse(tcb, segment)
        return DropReason.TCP_INVALID_ACK_SEQUENCE
    # Second, check the RST bit: believed only with that ACK (RFC 5961).
    if segment.flags & RST:
        if acked:
            tcb.delete("ECONNREFUSED")
        return DropReason.TCP_RESET
    # Third, check security: not modelled. Fourth, check the SYN bit.
    if segment.flags & SYN:
        _open_active(tcb, segment, now_ps, acked=acked)
        return ""
    # Fifth, if neither of the SYN or RST bits is set, drop it.
    return DropReason.TCP_INVALID_SYN


def _open_active(tcb: Tcb, segment: Segment, now_ps: int, *, acked: bool) -> None:
    tcb.take_syn(segment)
    if not acked:  # the peer opens as well
        tcb.become(Happening.SYN)
        tcb.syns = 0
        tcb.send_syn(now_ps)
        return
    tcb.sender.acknowledge(segment.ack, now_ps)
    tcb.become(Happening.SYN_ACK)
    tcb.establish(segment, segment.window)
    tcb.receiver.ack_now = True
    rest = without_syn(segment)
    if rest.span:
        tcb.outcome.reason = tcb.receiver.take(rest, tcb.outcome, now_ps)


def _refuse(tcb: Tcb, segment: Segment) -> None:
    reset = reset_for(segment)
    if reset is not None:
        tcb.outcome.segments.append(reset)


def acceptable_ack(tcb: Tcb, segment: Segment) -> bool:
    """SND.UNA < SEG.ACK =< SND.NXT."""
    sender = tcb.sender
    return after(segment.ack, sender.snd_una) and not after(segment.ack, sender.snd_nxt)
