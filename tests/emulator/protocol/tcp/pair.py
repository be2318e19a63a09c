"""Two TCPs and the wire between them: it may lose, repeat, delay and so reorder what they send."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.protocol.tcp import Connection, ConnectionState, Outcome, Parameters, Segment

MS_PS = 1_000_000_000
DELAY_PS = 5 * MS_PS
Fate = Callable[[Segment], list[int]]  # delays of its copies; none: it is lost


def sound(_segment: Segment) -> list[int]:
    return [DELAY_PS]


class Side:
    """A connection and its user, who reads what comes, unless `reading` is off."""

    def __init__(self, parameters: Parameters, iss: int) -> None:
        self.connection = Connection(parameters, iss)
        self.received = b""
        self.counted = 0
        self.unread = 0
        self.reading = True
        self.sent: list[Segment] = []
        self.states: list[ConnectionState] = [ConnectionState.CLOSED]
        self.reasons: list[str] = []
        self.errors: list[str] = []
        self.acknowledged = 0
        self.finished = False

    def note(self, outcome: Outcome) -> None:
        for before, after in outcome.changes:
            assert before is self.states[-1]
            self.states.append(after)
        self.acknowledged += outcome.acknowledged
        self.sent += outcome.segments
        self.reasons += [outcome.reason] if outcome.reason else []
        self.reasons += [discard.reason for discard in outcome.discarded]
        self.errors += [outcome.error] if outcome.error else []
        for segment in outcome.delivered:
            assert not self.finished
            self.received += segment.data or bytes(segment.length)
            self.counted += segment.length
            self.unread += segment.length
            self.finished = bool(segment.flags & 1)


class Pair:
    """Both sides, one clock."""

    def __init__(self, one: Parameters, other: Parameters | None = None, iss: int = 100) -> None:
        self.a = Side(one, iss)
        self.b = Side(other or one, (iss + 1_000_000) & 0xFFFFFFFF)
        self.now_ps = 0
        self.fate: Fate = sound
        self._wire: list[tuple[int, int, Side, Segment]] = []
        self._order = count()

    def act(self, side: Side, outcome: Outcome) -> Outcome:
        """Note an outcome, put its segments on the wire, and let the user read."""
        side.note(outcome)
        other = self.b if side is self.a else self.a
        for segment in outcome.segments:
            for delay_ps in self.fate(segment):
                heappush(self._wire, (self.now_ps + delay_ps, next(self._order), other, segment))
        if side.reading and side.unread:
            unread, side.unread = side.unread, 0
            self.act(side, side.connection.read(unread, self.now_ps))
        return outcome

    def open(self) -> None:
        """The server listens, the client connects."""
        self.act(self.b, self.b.connection.listen())
        self.act(self.a, self.a.connection.open(self.now_ps))

    def connected(self) -> "Pair":
        self.open()
        self.run(50 * MS_PS)
        assert self.a.connection.state is ConnectionState.ESTABLISHED
        return self

    def send(self, side: Side, data: bytes) -> None:
        self.act(side, side.connection.send(len(data), self.now_ps, data))

    def close(self, side: Side) -> None:
        self.act(side, side.connection.close(self.now_ps))

    def due_ps(self) -> int:
        wire_ps = self._wire[0][0] if self._wire else NEVER_PS
        return min(wire_ps, self.a.connection.due_ps, self.b.connection.due_ps)

    def step(self) -> None:
        """The next thing that happens."""
        due_ps = self.due_ps()
        self.now_ps = max(self.now_ps, due_ps)
        if self._wire and self._wire[0][0] <= due_ps:
            _, _, side, segment = heappop(self._wire)
            self.act(side, side.connection.arrive(segment, self.now_ps))
            return
        for side in (self.a, self.b):
            if side.connection.due_ps <= due_ps:
                self.act(side, side.connection.expire(self.now_ps))
                assert side.connection.due_ps > self.now_ps

    def run(self, duration_ps: int = 10_000_000 * MS_PS, most: int = 50_000) -> None:
        """Go on for so long, or until nothing is to come."""
        until_ps = self.now_ps + duration_ps
        for _ in range(most):
            if self.due_ps() > until_ps or self.due_ps() == NEVER_PS:
                return
            self.step()
        raise AssertionError("it does not end")
