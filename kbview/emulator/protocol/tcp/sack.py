"""Selective acknowledgement: the receiver reports the text beyond a gap, the sender keeps a scoreboard.

    snd_una    (lost)     |  sacked  |  (lost)  |  sacked  |   in flight    | snd_nxt
       v                  ^          ^          ^          ^
                        range      range      lost edge: more than two segments are sacked above

RFC 2018 (the option), RFC 6675 (the scoreboard). Linux: net/ipv4/tcp_input.c tcp_sack_new_ofo_skb(),
tcp_sacktag_write_queue().
"""

from kbview.emulator.protocol.tcp.sequence import after, before, distance

Block = tuple[int, int]  # first sequence number, and the number after the last

MOST_BLOCKS = 4  # in an option, RFC 2018, 3
DUP_THRESH = 3  # RFC 6675, 2


class SackBlocks:
    """The blocks that a receiver reports, the latest changed first (RFC 2018, 4)."""

    __slots__ = ("blocks",)

    def __init__(self) -> None:
        self.blocks: tuple[Block, ...] = ()

    def add(self, start: int, end: int) -> None:
        """Text beyond a gap has come: join it with the blocks that it touches, and report it first."""
        apart = []
        for first, last in self.blocks:
            if before(end, first) or after(start, last):
                apart.append((first, last))
                continue
            start = first if before(first, start) else start
            end = last if after(last, end) else end
        self.blocks = ((start, end), *apart)[:MOST_BLOCKS]

    def advance(self, rcv_nxt: int) -> None:
        """All text before `rcv_nxt` is acknowledged: forget the blocks in it."""
        self.blocks = tuple(block for block in self.blocks if after(block[1], rcv_nxt))


class Scoreboard:
    """The sacked ranges beyond snd_una, in order, none touching another.

    `high_rxt` is the number after the last octet retransmitted in this recovery.
    """

    __slots__ = ("_mss", "high_rxt", "ranges")

    def __init__(self, mss: int, iss: int) -> None:
        self.ranges: list[Block] = []
        self.high_rxt = iss
        self._mss = mss

    def add(self, blocks: tuple[Block, ...], snd_una: int, snd_nxt: int) -> None:
        """Take the blocks of an ACK; a block outside of the text in flight is ignored."""
        for start, end in blocks:
            if before(start, end) and after(start, snd_una) and not after(end, snd_nxt):
                self._join(start, end)

    def _join(self, start: int, end: int) -> None:
        below = [each for each in self.ranges if before(each[1], start)]
        above = [each for each in self.ranges if after(each[0], end)]
        touched = self.ranges[len(below) : len(self.ranges) - len(above)]
        if touched:
            first, last = touched[0][0], touched[-1][1]
            start = first if before(first, start) else start
            end = last if after(last, end) else end
        self.ranges = [*below, (start, end), *above]

    def advance(self, snd_una: int) -> None:
        """All before `snd_una` is acknowledged."""
        if self.ranges and not after(self.ranges[0][1], snd_una):
            self.ranges = [each for each in self.ranges if after(each[1], snd_una)]
        if before(self.high_rxt, snd_una):
            self.high_rxt = snd_una

    def sacked(self, start: int, end: int) -> int:
        """Sacked bytes from `start` up to `end`."""
        total = 0
        for first, last in self.ranges:
            low = first if after(first, start) else start
            high = last if before(last, end) else end
            total += max(0, distance(low, high))
        return total

    def lost_edge(self, snd_una: int) -> int:
        """All text before this number that is not sacked counts as lost; `snd_una` if none does.

        IsLost() of RFC 6675, 4: above it, three separate ranges are sacked, or more than two segments.
        """
        length = 0
        for count, (first, last) in enumerate(reversed(self.ranges), 1):
            length += distance(first, last)
            if count >= DUP_THRESH or length > (DUP_THRESH - 1) * self._mss:
                return first
        return snd_una

    def hole(self, start: int, end: int) -> Block | None:
        """The first text from `start` up to `end` that is not sacked; None if all is."""
        for first, last in self.ranges:
            if before(start, first):
                end = first if before(first, end) else end
                break
            if before(start, last):
                start = last
        return (start, end) if before(start, end) else None

    def unrepaired(self, snd_una: int) -> int:
        """Lost bytes that have not been sent again in this recovery."""
        edge = self.lost_edge(snd_una)
        start = self.high_rxt if after(self.high_rxt, snd_una) else snd_una
        missing = distance(start, edge)
        return missing - self.sacked(start, edge) if missing > 0 else 0


def fitting(blocks: tuple[Block, ...], room: int) -> tuple[Block, ...]:
    """The blocks for which `room` bytes are enough: 8 for each, and 4 for the option with padding."""
    return blocks[: max(0, (room - 4) // 8)]


def option_length(blocks: tuple[Block, ...]) -> int:
    """Bytes of the option with its padding."""
    return 4 + 8 * len(blocks) if blocks else 0
