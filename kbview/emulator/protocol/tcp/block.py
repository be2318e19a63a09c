"""The transmission control block: the state of one connection, and the segments that it sends."""

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.protocol.tcp.outcome import Outcome
from kbview.emulator.protocol.tcp.parameters import Parameters
from kbview.emulator.protocol.tcp.receiver import ReceiveSide
from kbview.emulator.protocol.tcp.sack import fitting
from kbview.emulator.protocol.tcp.segment import NO_SCALE, Segment
from kbview.emulator.protocol.tcp.sender import SendSide
from kbview.emulator.protocol.tcp.state import SENDING, TRANSITIONS, ConnectionState, Happening
from kbview.packet.tcp import ACK, RST, SYN
from kbview.tape.vocabulary import DropReason

_FIELD_MOST = 0xFFFF


class Tcb:
    """Both sides of a connection, its state, and the outcome of the current call."""

    def __init__(self, parameters: Parameters, iss: int) -> None:
        self.parameters = parameters
        self.state = ConnectionState.CLOSED
        self.receiver = ReceiveSide(parameters)
        self.sender = SendSide(parameters, iss)
        self.outcome = Outcome()
        self.passive = False
        self.syns = 0  # SYNs sent
        self.peer_mss = 0
        self.scaling = parameters.window_scaling
        self.sack = parameters.sack
        self.closing = False  # CLOSE was called; its FIN may have to wait for the handshake
        self.wait_due_ps = NEVER_PS
        self._challenged_ps = -NEVER_PS

    # ---- state -----------------------------------------------------------------------------

    def become(self, happening: Happening) -> ConnectionState:
        """Make the transition of the table; returns the new state."""
        self.enter(TRANSITIONS[self.state, happening])
        return self.state

    def enter(self, state: ConnectionState) -> None:
        """Change the state and note the change in the outcome."""
        self.outcome.changes.append((self.state, state))
        self.state = state

    def delete(self, error: str = "") -> None:
        """Enter CLOSED: no timer runs, and no text is kept."""
        self.outcome.error = error
        self.receiver.order.purge(self.outcome, DropReason.TCP_CLOSE)
        self.receiver.ack_now = False
        self.receiver.ack_due_ps = self.wait_due_ps = NEVER_PS
        self.sender.retransmit_due_ps = self.sender.persist_due_ps = NEVER_PS
        if self.state is not ConnectionState.CLOSED:
            self.enter(ConnectionState.CLOSED)

    def listen_again(self) -> None:
        """The peer gave up the handshake: a passive side returns to LISTEN."""
        self.become(Happening.REFUSED)
        self.receiver = ReceiveSide(self.parameters)
        self.sender = SendSide(self.parameters, self.sender.iss)
        self.scaling = self.parameters.window_scaling
        self.sack = self.parameters.sack
        self.passive = False
        self.syns = 0
        if self.closing:
            self.become(Happening.CLOSE)

    def wait(self, now_ps: int) -> None:
        """Start or restart the wait of 2 MSL."""
        self.wait_due_ps = now_ps + self.parameters.time_wait_ps
        self.sender.retransmit_due_ps = self.sender.persist_due_ps = NEVER_PS

    # ---- segments --------------------------------------------------------------------------

    def send_syn(self, now_ps: int) -> None:
        """SYN, or SYN with ACK if the peer's has come; with the options of the first, or agreed."""
        self.syns += 1
        received = self.state is ConnectionState.SYN_RECEIVED
        segment = Segment(self.sender.iss, flags=SYN, mss=self.parameters.mss)
        if self.scaling:
            segment.wscale = self.parameters.scale
        segment.sack_ok = self.sack
        if received:
            segment.flags |= ACK
            segment.ack = self.receiver.rcv_nxt
            self.receiver.rcv_wup = segment.ack
            self.receiver.ack_now = False
        segment.window = min(self.receiver.room, _FIELD_MOST)
        segment.again = "timeout" if self.syns > 1 else ""
        self.sender.time_syn(now_ps, first=self.syns == 1)
        self.outcome.segments.append(segment)

    def send(self, segment: Segment, now_ps: int) -> None:
        """Send a segment with the current ACK and window, and with SACK of text beyond a gap."""
        receiver = self.receiver
        if segment.length:
            receiver.answered(now_ps)
        if self.sack and receiver.order.segments:
            segment.blocks = fitting(receiver.sacks.blocks, self.sender.mss - segment.length)
        segment.ack = receiver.rcv_nxt
        segment.window = receiver.advertise()
        self.outcome.segments.append(segment)

    def send_ack(self, now_ps: int) -> None:
        """<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>."""
        self.send(Segment(self.sender.snd_nxt, 0, ACK), now_ps)

    def send_reset(self) -> None:
        """<SEQ=SND.NXT><ACK=RCV.NXT><CTL=RST,ACK>: the user aborts."""
        reset = Segment(self.sender.snd_nxt, self.receiver.rcv_nxt, RST | ACK)
        self.outcome.segments.append(reset)

    def challenge(self, now_ps: int) -> None:
        """A challenge ACK, limited in rate (RFC 5961, 7)."""
        if now_ps - self._challenged_ps >= self.parameters.challenge_gap_ps:
            self._challenged_ps = now_ps
            self.send_ack(now_ps)

    def transmit(self, now_ps: int) -> None:
        """Send the segments that windows permit, then a due ACK that no segment carried."""
        if self.state in SENDING:
            sender = self.sender
            while (segment := sender.next(now_ps)) is not None:
                self.send(segment, now_ps)
            sender.arm(now_ps)
        if self.receiver.ack_now:
            self.send_ack(now_ps)

    # ---- handshake -------------------------------------------------------------------------

    def take_syn(self, segment: Segment) -> None:
        """Note the peer's number and options; scaling and SACK need both sides."""
        self.receiver.start(segment.seq)
        self.peer_mss = segment.mss
        self.sack = self.sack and segment.sack_ok
        self.scaling = self.scaling and segment.wscale != NO_SCALE
        if self.scaling:
            self.receiver.rcv_wscale = self.parameters.scale
            self.sender.snd_wscale = min(segment.wscale, 14)

    def establish(self, segment: Segment, snd_wnd: int) -> None:
        """Both SYNs are acknowledged: data may flow, and a waiting CLOSE proceeds."""
        self.sender.set_window(segment, snd_wnd)
        self.sender.open(self.peer_mss, syn_lost=self.syns > 1, sack=self.sack)
        if self.closing:
            self.sender.fin = True
            self.become(Happening.CLOSE)
