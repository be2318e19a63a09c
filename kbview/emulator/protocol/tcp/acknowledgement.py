"""The fifth check of SEGMENT ARRIVES: what an ACK does to each state (RFC 9293, RFC 5961)."""

from kbview.emulator.protocol.tcp.block import Tcb
from kbview.emulator.protocol.tcp.opening import acceptable_ack
from kbview.emulator.protocol.tcp.segment import Segment
from kbview.emulator.protocol.tcp.sequence import after, before, plus
from kbview.emulator.protocol.tcp.state import Happening, State
from kbview.packet.tcp import ACK, FIN, RST
from kbview.tape.vocabulary import DropReason

_OF_OUR_FIN = (State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)


def check_ack(tcb: Tcb, segment: Segment, now_ps: int) -> str | None:
    """None to go on with the segment, else why it ends here."""
    if not segment.flags & ACK:
        return DropReason.TCP_FLAGS
    if tcb.state is State.SYN_RECEIVED:
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
    if state is State.CLOSED:
        tcb.delete()
        return ""
    if state is State.TIME_WAIT:
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
    """Take what is acknowledged off, or count a duplicate; then the peer's window."""
    sender, lost = tcb.sender, False
    if after(segment.ack, sender.snd_una):
        text, lost = sender.acknowledge(segment.ack, now_ps)
        tcb.outcome.acknowledged += text
    elif _is_duplicate(tcb, segment):
        lost = sender.duplicate()
    if not before(segment.ack, sender.snd_una):
        sender.update_window(segment)
    if lost and sender.flight:
        tcb.send(sender.first_again(now_ps))


def _is_duplicate(tcb: Tcb, segment: Segment) -> bool:
    """RFC 5681, 2: something is out, and the ACK brings no text, no FIN and no news of the window.

    The answer to a probe of a closed window is none.
    """
    sender = tcb.sender
    return (
        sender.flight > 0
        and segment.ack == sender.snd_una
        and not segment.length
        and not segment.flags & FIN
        and segment.window << sender.snd_wscale == sender.snd_wnd > 0
    )
