"""SEGMENT ARRIVES in the synchronized states: the eight checks of RFC 9293, 3.10.7.4, in their order.

A check returns None if the next check follows, "" if the segment is complete, or the drop reason: the
kernel's name in enum skb_drop_reason. Security (third) and urgent data
(sixth) are not modelled.
"""

from kbview.emulator.protocol.tcp.block import Tcb
from kbview.emulator.protocol.tcp.opening import acceptable_ack
from kbview.emulator.protocol.tcp.receiver import ZERO_WINDOW
from kbview.emulator.protocol.tcp.segment import Segment, part, without_syn
from kbview.emulator.protocol.tcp.sequence import after, before, plus
from kbview.emulator.protocol.tcp.state import RECEIVING, ConnectionState, Happening
from kbview.packet.tcp import ACK, FIN, RST, SYN
from kbview.tape.vocabulary import DropReason

_OF_OUR_FIN = (ConnectionState.FIN_WAIT_1, ConnectionState.CLOSING, ConnectionState.LAST_ACK)


def synchronized(tcb: Tcb, segment: Segment, now_ps: int) -> str:
    """Check a segment; returns "" or the reason for which the segment or its text is dropped."""
    if (
        tcb.state is ConnectionState.SYN_RECEIVED
        and segment.flags & SYN
        and segment.seq == tcb.receiver.irs
    ):
        if not segment.flags & ACK:
            tcb.send_syn(now_ps)  # the peer has not heard our SYN and ACK
            return DropReason.TCP_OLD_SEQUENCE
        segment = without_syn(segment)  # both opened at once: its number is old, its ACK is not
        segment.window >>= tcb.sender.snd_wscale  # a SYN's is not scaled
    reason = _check_sequence(tcb, segment, now_ps)
    if reason == ZERO_WINDOW and not segment.flags & SYN:
        segment = part(segment, 0, 0)  # its ACK, or its RST, is valid all the same
        segment.flags &= ~FIN
    elif reason:
        return reason
    for check in (_check_reset, _check_syn, _check_ack):
        end = check(tcb, segment, now_ps)
        if end is not None:
            return end
    return reason or _take_text(tcb, segment, now_ps)


def _check_sequence(tcb: Tcb, segment: Segment, now_ps: int) -> str:
    """First: a segment outside the window is answered with an ACK, a reset is not."""
    reason = tcb.receiver.refuses(segment)
    if not reason or segment.flags & RST:
        return reason
    if tcb.state is ConnectionState.TIME_WAIT and segment.flags & FIN:
        tcb.wait(now_ps)  # the peer has not heard our last ACK
    if segment.length or segment.flags & FIN:
        tcb.receiver.ack_now = True
    else:
        tcb.challenge(now_ps)
    return reason


def _check_reset(tcb: Tcb, segment: Segment, now_ps: int) -> str | None:
    """Second: a reset must have exactly the next sequence number (RFC 5961, 3)."""
    if not segment.flags & RST:
        return None
    if segment.seq != tcb.receiver.rcv_nxt:
        tcb.challenge(now_ps)
        return DropReason.TCP_RESET
    if tcb.state is ConnectionState.SYN_RECEIVED and tcb.passive:
        tcb.listen_again()
    elif tcb.state is ConnectionState.SYN_RECEIVED:
        tcb.delete("ECONNREFUSED")
    elif tcb.state in (ConnectionState.CLOSING, ConnectionState.LAST_ACK, ConnectionState.TIME_WAIT):
        tcb.delete()
    else:
        tcb.delete("ECONNRESET")
    return DropReason.TCP_RESET


def _check_syn(tcb: Tcb, segment: Segment, now_ps: int) -> str | None:
    """Fourth: a SYN in the window ends a half-open connection, else it is challenged (RFC 5961, 4)."""
    if not segment.flags & SYN:
        return None
    if tcb.state is ConnectionState.SYN_RECEIVED and tcb.passive:
        tcb.listen_again()
    else:
        tcb.challenge(now_ps)
    return DropReason.TCP_INVALID_SYN


def _check_ack(tcb: Tcb, segment: Segment, now_ps: int) -> str | None:
    """Fifth: the effect of an ACK in each state (RFC 9293, RFC 5961)."""
    if not segment.flags & ACK:
        return DropReason.TCP_FLAGS
    if tcb.state is ConnectionState.SYN_RECEIVED:
        return _handshake(tcb, segment, now_ps)
    sender = tcb.sender
    if after(segment.ack, sender.snd_nxt):
        tcb.challenge(now_ps)
        return DropReason.TCP_ACK_UNSENT_DATA
    if before(segment.ack, plus(sender.snd_una, -sender.max_wnd)):
        tcb.challenge(now_ps)
        return DropReason.TCP_TOO_OLD_ACK
    _advance(tcb, segment, now_ps)
    if not sender.fin_acknowledged or tcb.state not in _OF_OUR_FIN:
        return None
    state = tcb.become(Happening.ACK_OF_FIN)
    if state is ConnectionState.CLOSED:
        tcb.delete()
        return ""
    if state is ConnectionState.TIME_WAIT:
        tcb.wait(now_ps)
    return None


def _handshake(tcb: Tcb, segment: Segment, now_ps: int) -> str | None:
    if not acceptable_ack(tcb, segment):
        tcb.outcome.segments.append(Segment(segment.ack, 0, RST))
        sent = after(segment.ack, tcb.sender.snd_nxt)
        return DropReason.TCP_ACK_UNSENT_DATA if sent else DropReason.TCP_OLD_ACK
    tcb.sender.acknowledge(segment.ack, now_ps)
    tcb.become(Happening.ACK_OF_SYN)
    tcb.establish(segment, segment.window << tcb.sender.snd_wscale)
    return None


def _advance(tcb: Tcb, segment: Segment, now_ps: int) -> None:
    """Free acknowledged text, count a duplicate or read SACK blocks; then take the peer's window."""
    sender, lost = tcb.sender, False
    if segment.blocks:
        sender.selectively(segment.blocks)
    if after(segment.ack, sender.snd_una):
        text, lost = sender.acknowledge(segment.ack, now_ps)
        tcb.outcome.acknowledged += text
    elif _is_duplicate(tcb, segment):
        lost = sender.duplicate()
    sender.find_loss(now_ps)
    if not before(segment.ack, sender.snd_una):
        sender.update_window(segment)
    if lost and sender.flight:
        tcb.send(sender.first_again(now_ps), now_ps)


def _is_duplicate(tcb: Tcb, segment: Segment) -> bool:
    """RFC 5681, 2: text is in flight, and the ACK brings no text, no FIN and the same window.

    The answer to a probe of a closed window is no duplicate.
    """
    sender = tcb.sender
    return (
        sender.flight > 0
        and segment.ack == sender.snd_una
        and not segment.length
        and not segment.flags & FIN
        and segment.window << sender.snd_wscale == sender.snd_wnd > 0
    )


def _take_text(tcb: Tcb, segment: Segment, now_ps: int) -> str:
    """Seventh, process the segment text; eighth, check the FIN bit, which may come with older text."""
    if not segment.span:
        return ""
    if tcb.state not in RECEIVING:
        return DropReason.TCP_CLOSE if segment.length else ""
    reason = tcb.receiver.take(segment, tcb.outcome, now_ps)
    if tcb.receiver.finished:
        state = tcb.become(Happening.FIN)
        if state is ConnectionState.TIME_WAIT:
            tcb.wait(now_ps)
    return reason


def reusable(tcb: Tcb, segment: Segment) -> bool:
    """Whether a SYN may reopen a connection in TIME-WAIT: its number lies beyond (RFC 9293, 3.6.1)."""
    fresh = segment.flags & (SYN | ACK | RST) == SYN
    return (
        fresh
        and tcb.state is ConnectionState.TIME_WAIT
        and not before(segment.seq, tcb.receiver.rcv_nxt)
    )
