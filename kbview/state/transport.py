"""The transport: step, leap and run, forward and back, on one player."""

from itertools import islice

from kbview.state.destination import Destination
from kbview.state.marker import Marker
from kbview.state.player import Player
from kbview.state.speed import MS, NEVER_PS, US, S
from kbview.state.step_kinds import EVENT, StepKind
from kbview.state.until import Packet, Time, Until
from kbview.tape import events as ev
from kbview.tape.detail import Detail

_FARTHEST_PS = 10 * MS  # a step looks no farther ahead for one packet, whose journey may be over
_SHORT = 1000  # records that are looked through one by one


class Transport:
    """The moves behind the keys. Each returns whether it found a place to go; if not, the view stays.

    A step stops at the events and stages of the packet `followed`; NO_PACKET stands for every packet.
    """

    def __init__(self, player: Player) -> None:
        self.player = player
        self.followed = ev.NO_PACKET

    # ---- steps -----------------------------------------------------------------------------

    def step(self, kind: str = EVENT) -> bool:
        """Stop, and go on to the next event, packet or stage."""
        player = self.player
        player.stop()
        player.set_detail(Detail.STEPS)
        farthest_ps = NEVER_PS if self.followed == ev.NO_PACKET else _FARTHEST_PS
        steps, begin_ps, span_ps = StepKind(kind, self.followed), player.tape.end_ps, US
        while (stop := steps.after(player.tape, player.state.position)) is None:
            if player.source.ended or player.source.capabilities.live or span_ps > farthest_ps:
                return False
            player.produce(begin_ps + span_ps)
            span_ps *= 2
        while not player.fold(stop):
            pass
        return True

    def step_back(self, kind: str = EVENT) -> bool:
        """Stop, and go back to where the event, packet or stage before had just been told."""
        player = self.player
        player.stop()
        stop = StepKind(kind, self.followed).before(player.tape, player.state.position)
        if stop is None:
            return False
        player.go(stop)
        return True

    # ---- leaps -----------------------------------------------------------------------------

    def seek(self, time_ps: int) -> bool:
        """Go to a time. A time beyond the end of the tape is run to, as fast as it goes."""
        player, tape = self.player, self.player.tape
        player.following = False
        player.until = None
        if time_ps > tape.end_ps and not player.source.ended:
            self.run_until(Time(time_ps, "the time that was asked for"))
            return True
        time_ps = min(max(time_ps, self.begin_ps), tape.end_ps)
        player.go(tape.position_at(time_ps), time_ps)
        return True

    @property
    def begin_ps(self) -> int:
        """The time of the oldest record that the tape still holds."""
        first = next(self.player.tape.read(self.player.tape.start), None)
        return 0 if first is None else first.time_ps

    def shift(self, seconds: float) -> bool:
        """Leap by so many seconds of the viewer's time at the present speed."""
        speed_ps = self.player.speed_ps or S
        return self.seek(self.player.state.now_ps + int(seconds * speed_ps))

    def home(self) -> bool:
        """The oldest moment of the tape."""
        return self.seek(self.begin_ps)

    def end(self) -> bool:
        """The newest moment; a live tape is followed from there."""
        player = self.player
        player.until = None
        player.go(player.tape.length, player.tape.end_ps)
        player.following = player.source.capabilities.live
        return True

    def seek_packet(self, packet: int) -> bool:
        """Go to the arrival of a packet. A packet that is yet to come is run to."""
        player = self.player
        position = find_packet(player, packet)
        if position is not None:
            player.following, player.until = False, None
            player.go(position)
        elif not player.source.ended:
            self.run_until(Packet(packet))
        return position is not None or player.until is not None

    def seek_event(self, event: ev.Event) -> bool:
        """Stop at the moment when an event of the tape has just been told."""
        player, tape = self.player, self.player.tape
        begin = tape.position_at(event.time_ps - 1)
        for position, record in enumerate(tape.read(begin), begin + 1):
            if record.time_ps > event.time_ps:
                break
            if record == event:
                player.stop()
                player.go(position)
                return True
        return False

    def seek_to(self, destination: Destination) -> bool:
        """Go to a destination as a person typed it."""
        match destination:
            case Destination(packet=int(packet)):
                return self.seek_packet(packet)
            case Destination(share=float(share)):
                begin_ps = self.begin_ps
                return self.seek(begin_ps + round(share * (self.player.tape.end_ps - begin_ps)))
            case _:
                base_ps = self.player.state.now_ps if destination.relative else 0
                return self.seek(base_ps + destination.time_ps)

    # ---- markers and runs ------------------------------------------------------------------

    def mark(self) -> Marker:
        """Set a marker here."""
        player = self.player
        text = f"marker {1 + sum(one.text.startswith('marker ') for one in player.markers.all)}"
        return player.markers.add(player.state.position, player.state.now_ps, text)

    def to_marker(self, forward: bool) -> Marker | None:
        """Go to the next marker, or to the previous one. The marker; None if there is none."""
        player = self.player
        markers, position = player.markers, player.state.position
        marker = markers.after(position) if forward else markers.before(position)
        if marker is not None:
            player.stop()
            player.go(marker.position, marker.time_ps)
        return marker

    def run_until(self, until: Until) -> None:
        """Play as fast as it goes, in the detail of the present speed, until a condition is met."""
        player = self.player
        until.begin(player.state)
        player.until, player.said, player.following = until, "", False
        player.playing = True


def find_packet(player: Player, packet: int) -> int | None:
    """The position after a packet's arrival, or the next packet's if it never arrived; None: not yet.

    Packets arrive in the order of their numbers, so the tape is halved until it is short.
    """
    tape = player.tape
    low, high = tape.start, tape.length
    while high - low > _SHORT:
        middle = (low + high) // 2
        arrived = next(filter(_arrives, islice(tape.read(middle), high - middle)), None)
        if isinstance(arrived, ev.FrameArrived) and arrived.packet <= packet:
            low = middle
        else:
            high = middle
    for position, record in enumerate(tape.read(low), low + 1):
        if isinstance(record, ev.FrameArrived) and record.packet >= packet:
            return position
    return None


def _arrives(record: ev.Event) -> bool:
    return isinstance(record, ev.FrameArrived)
